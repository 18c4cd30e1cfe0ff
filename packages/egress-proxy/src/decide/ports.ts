/** What to do instead of using a port that is never carried. */
const never: ReadonlyMap<number, string> = new Map([
  [22, 'use HTTPS, which git and most services speak too: what goes through SSH cannot be judged'],
  [25, 'send mail through an HTTPS interface of a mail service'],
  [53, 'name the hosts themselves; the sandbox looks their names up without a name server'],
  [853, 'name the hosts themselves; the sandbox looks their names up without a name server'],
])

/** The remedy for a port that no policy can open (SSH, mail, names), or `undefined` for any other. */
export function refusedPort(port: number): string | undefined {
  return never.get(port)
}
