/** The system's word for what went wrong (`ENOENT`): the one part of an error that holds nothing else. */
export function errorWord(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return 'failed'
  const { code } = error
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'failed'
}
