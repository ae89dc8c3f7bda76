const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text names a user, in the one spelling that is used between services. */
export const isUserId = (text: string): boolean => uuid.test(text)
