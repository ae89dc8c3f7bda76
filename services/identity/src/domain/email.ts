/**
 * What makes two spellings one mailbox: equal keys are one account. Case of the local part is ignored, as every
 * large provider does.
 */
export const emailKey = (typed: string): string =>
  typed.trim().normalize('NFC').toLowerCase().normalize('NFC')
