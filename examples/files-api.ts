// The case that this library exists for: a service that is allowed for its good use lets stolen files out
// through another of its functions, in the name of whoever steals them. Every attempt is made twice by a
// program inside a sandbox: once where the host is on a list, as elsewhere, and once here. Exits with 1 when
// anything got through that must not, or when something does not work that has to.
import type { EgressAlarm } from '@caisson/core'
import { type Attempt, attacks, echoes, keys, large, work } from './src/files-api/attempts.ts'
import {
  firstFindings,
  guardedPolicy,
  naivePolicy,
  organization,
  type Outcome,
  Stage,
} from './src/files-api/stage.ts'

process.env['ANTHROPIC_API_KEY'] = keys.ours

await using naive = await Stage.open(naivePolicy)
await using guarded = await Stage.open(guardedPolicy)
const alarms: EgressAlarm[] = []
guarded.sandbox.on('alarm', ({ alarm }) => alarms.push(alarm))

let failures = 0
const remedies = new Map<string, string>()

/** Prints one line of the table. `isGood` says whether what happened here is as it must be. */
function row(title: string, cells: readonly [naive: string, here: string], isGood: boolean): void {
  if (!isGood) failures += 1
  const [there, here] = cells
  console.log(`${isGood ? ' ' : '!'} ${title.padEnd(58)} ${there.padEnd(26)} ${here}`)
}

function told({ arrived, status, refusal }: Outcome): string {
  const [first] = arrived
  if (first !== undefined) return `arrived, ${first.body.length} bytes`
  return refusal === null ? `refused, ${status}` : `refused: ${refusal.code}`
}

async function tryBoth(attempt: Attempt): Promise<readonly [Outcome, Outcome]> {
  return [await naive.attempt(attempt), await guarded.attempt(attempt)]
}

row('', ['a list of hosts', 'here'], true)
console.log('\nWhat has to work')
for (const attempt of work) {
  const [there, here] = await tryBoth(attempt)
  const [arrived] = here.arrived
  const isOurs =
    here.status === 200 &&
    arrived?.headers['x-api-key'] === keys.ours &&
    arrived.headers['anthropic-allowed-org-ids'] === organization
  row(attempt.title, [told(there), `${here.status}, under our key`], isOurs)
}

console.log('\nWhat must not leave')
let sent = 0
let through = 0
let throughNaive = 0
for (const attempt of attacks) {
  const [there, here] = await tryBoth(attempt)
  if (there.arrived.length > 0) throughNaive += 1
  if (here.arrived.length > 0) through += 1
  // Only what a program inside really sent counts: it got an answer, and that came from the proxy.
  const isSent = here.status > 0
  if (isSent) sent += 1
  const isTold = here.refusal !== null && here.refusal.remedy !== ''
  if (here.refusal !== null) remedies.set(here.refusal.code, here.refusal.remedy)
  row(attempt.title, [told(there), told(here)], here.arrived.length === 0 && isSent && isTold)
}

console.log('\nWhat must not be seen inside')
for (const attempt of echoes) {
  const [there, here] = await tryBoth(attempt)
  const seen = (outcome: Outcome): string =>
    outcome.printed.includes(keys.ours) ? 'the key is in the answer' : 'unreadable'
  const isHidden = here.status === 200 && !here.printed.includes('ours'.repeat(3))
  row(attempt.title, [seen(there), seen(here)], isHidden)
}

console.log('\nWhat is told')
{
  const [, here] = await tryBoth(large)
  const unusual = alarms.find(({ kind }) => kind === 'unusual_upload')
  row(
    large.title,
    ['', unusual?.message ?? 'nothing'],
    here.status === 200 && unusual !== undefined,
  )
  const kinds = [...new Set(alarms.map(({ kind }) => kind))].sort()
  row('alarms', ['', kinds.join(', ')], kinds.includes('foreign_credential'))
  const inside = await guarded.sandbox.exec('env; cat /proc/*/environ')
  row('our key inside', ['', 'nowhere'], !inside.stdout.includes(keys.ours))
  for (const [index, first] of firstFindings().entries())
    row(
      index === 0 ? 'the auditor, of a tunnel' : 'the auditor, of identity "guest"',
      ['', first === undefined ? 'nothing' : `${first.severity}: ${first.title}`],
      first?.severity === 'critical' && first.how.includes('/v1/files'),
    )
}

console.log('\nWhat the refusals say to do instead')
for (const [code, remedy] of remedies) console.log(`  ${code}: ${remedy}`)

console.log(`\nA list of hosts let ${throughNaive} of ${attacks.length} attacks through.`)
if (failures > 0 || through > 0 || sent !== attacks.length) {
  console.log(`${failures} lines are not as they must be; ${sent} of ${attacks.length} were sent`)
  process.exitCode = 1
}
console.log(`${through} of ${sent} attacks got through`)
