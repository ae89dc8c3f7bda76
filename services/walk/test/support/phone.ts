import type { TestAccess } from '@walking-buddy/access/testing'
import type { walk } from '@walking-buddy/contracts/rest/walk'
import type { z } from 'zod'

export type WalkJson = z.output<typeof walk>

export interface Answer<T = unknown> {
  status: number
  body: T
  headers: Headers
}

/** One person's app: REST with their token. */
export interface Phone {
  userId: string
  call<T = WalkJson>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>
  request(partnerId: string, more?: Record<string, unknown>, key?: string): Promise<Answer>
  put(walkId: string, verb: 'accept' | 'decline' | 'cancel'): Promise<Answer>
  post(walkId: string, verb: 'start' | 'end', body?: unknown): Promise<Answer>
  walk(walkId: string): Promise<WalkJson>
}

export async function phone(url: () => string, access: TestAccess, userId: string): Promise<Phone> {
  const token = await access.sign(userId)
  const call: Phone['call'] = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(url() + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: (text ? JSON.parse(text) : undefined) as T,
      headers: response.headers,
    }
  }
  return {
    userId,
    call,
    request: (partnerId, more = {}, key) =>
      call('POST', '/api/walks/request', { partnerId, ...more }, key ? { 'idempotency-key': key } : {}),
    put: (walkId, verb) => call('PUT', `/api/walks/${walkId}/${verb}`),
    post: (walkId, verb, body) => call('POST', `/api/walks/${walkId}/${verb}`, body),
    async walk(walkId) {
      const { status, body } = await call<WalkJson>('GET', `/api/walks/${walkId}`)
      if (status !== 200) throw new Error(`walk is ${status}`)
      return body
    },
  }
}
