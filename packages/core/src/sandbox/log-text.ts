const longestLog = 4096

/** What the inside says, fit to be shown: bounded, and without control characters that steer a terminal. */
export function logText(message: string): string {
  return message.slice(0, longestLog).replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
}
