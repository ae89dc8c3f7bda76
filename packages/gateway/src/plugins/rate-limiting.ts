import { z } from 'zod'
import { exit } from '../exchange.ts'
import { definePlugin } from './plugin.ts'

const secondsOf = { second: 1, minute: 60, hour: 3_600, day: 86_400 }
type Period = keyof typeof secondsOf
const periods = Object.keys(secondsOf) as Period[]

const limit = z.number().positive().optional()

/** Counts requests by the value of a header in calendar windows; the address where the header is absent. */
export const rateLimiting = definePlugin({
  name: 'rate-limiting',
  priority: 910,
  config: z
    .strictObject({
      second: limit,
      minute: limit,
      hour: limit,
      day: limit,
      limit_by: z.literal('header', 'is not implemented: only header is'),
      header_name: z.string().min(1),
      policy: z.literal('local', 'is not implemented: only local is'),
      fault_tolerant: z.boolean().default(true),
      hide_client_headers: z.boolean().default(false),
      error_code: z.int().default(429),
      error_message: z.string().default('API rate limit exceeded'),
    })
    .superRefine((config, context) => {
      const given = periods.filter(period => config[period] !== undefined)
      if (given.length === 0) context.addIssue('must have at least one of second, minute, hour and day')
      for (const [index, longer] of given.entries())
        for (const shorter of given.slice(0, index))
          if (config[longer]! < config[shorter]!)
            context.addIssue(`the limit for ${longer} cannot be lower than the limit for ${shorter}`)
    }),
  create: (config, { scope, counters, limitScale, now }) => {
    const limits = periods.flatMap(period => {
      const value = config[period]
      return value === undefined
        ? []
        : [
            {
              period,
              title: period[0]!.toUpperCase() + period.slice(1),
              windowSeconds: secondsOf[period],
              allowed: value * limitScale,
            },
          ]
    })
    return {
      access({ requestHeaders, clientAddress, answerHeaders }) {
        const nowSeconds = Math.floor(now() / 1_000)
        const caller = requestHeaders.get(config.header_name) ?? clientAddress
        const usage = limits.map(of => {
          const window = counters.window(
            `${scope} ${of.period}`,
            nowSeconds - (nowSeconds % of.windowSeconds),
          )
          return { ...of, window, remaining: of.allowed - (window.get(caller) ?? 0) }
        })
        const exceeded = usage.findLast(of => of.remaining <= 0)

        let retryAfter = 1
        if (!config.hide_client_headers) {
          const shown = usage.map(of => ({
            ...of,
            remaining: Math.max(
              0,
              exceeded === undefined || exceeded === of ? of.remaining - 1 : of.remaining,
            ),
          }))
          const tightest = shown.reduce((best, of) =>
            of.remaining < best.remaining ||
            (of.remaining === best.remaining && of.windowSeconds > best.windowSeconds)
              ? of
              : best,
          )
          retryAfter = Math.max(1, tightest.windowSeconds - (nowSeconds % tightest.windowSeconds))
          for (const of of shown) {
            answerHeaders.set(`X-RateLimit-Limit-${of.title}`, String(of.allowed))
            answerHeaders.set(`X-RateLimit-Remaining-${of.title}`, String(of.remaining))
          }
          answerHeaders.set('RateLimit-Limit', String(tightest.allowed))
          answerHeaders.set('RateLimit-Remaining', String(tightest.remaining))
          answerHeaders.set('RateLimit-Reset', String(retryAfter))
        }

        if (exceeded)
          return exit(
            config.error_code,
            config.error_message,
            config.hide_client_headers ? [] : [['Retry-After', String(retryAfter)]],
          )
        for (const { window } of usage) window.set(caller, (window.get(caller) ?? 0) + 1)
        return undefined
      },
    }
  },
})
