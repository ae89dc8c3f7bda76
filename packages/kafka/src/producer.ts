import type { Part } from '@walking-buddy/service-kit'
import type { EventRecord } from './event.ts'
import type { Kafka } from './kafka.ts'

export interface ProducerOptions {
  /** `ce_source`: a URI reference of the service, such as `/walk`. */
  source: string
}

export interface Producer {
  /**
   * Sends in the order given; resolves when every record is acknowledged by all in-sync replicas. Calls that come
   * while another is on its way are sent together.
   * @throws AppError unavailable when the cluster did not acknowledge; some of the records may be there
   */
  publish(records: readonly EventRecord[]): Promise<void>
}

/** An idempotent producer (acks=all) of CloudEvents in binary mode with protobuf values. */
export function producer(kafka: Kafka, options: ProducerOptions): Part<Producer> {
  throw new Error(`${typeof kafka} ${options.source}`)
}
