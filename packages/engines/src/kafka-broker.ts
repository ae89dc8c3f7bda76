/**
 * Broker settings that hold wherever Kafka runs, as a process or as a container.
 * Writes are acknowledged from the page cache: they survive the death of the process.
 */
export const KAFKA_BROKER: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'num.partitions': '3',
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // One broker needs no spread: fewer internal partitions start, recover and idle faster.
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  // A killed broker may not register again before its old session has ended: 9 s by default.
  'broker.session.timeout.ms': '2500',
  'broker.heartbeat.interval.ms': '400',
  // The default reserves 128 MiB of heap for compaction.
  'log.cleaner.dedupe.buffer.size': '8388608',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'background.threads': '4',
}
