/** Pages on a developer's own machine may call any deployment: they hold only tokens that somebody gave them. */
const ownMachine = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** Whether a page of this origin may open a socket; requests without an origin come from no page. */
export const originAllowed = (origin: string | undefined, allowed: readonly string[]): boolean =>
  origin === undefined || ownMachine.test(origin) || allowed.includes(origin)
