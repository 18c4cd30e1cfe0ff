/** One promise that the host driver can be told to break. */
export type Break =
  | 'kills-leader-only'
  | 'masks-exit-codes'
  | 'tells-signals-as-codes'
  | 'sends-sigkill-only'
  | 'starts-anything'
  | 'joins-arguments'
  | 'ignores-working-directory'
  | 'drops-bytes'
  | 'ignores-credit'
  | 'swaps-streams'
  | 'delays-stderr'
  | 'writes-ascii-only'
  | 'withholds-stdin'
  | 'inherits-environment'
  | 'ignores-environment'
  | 'leaks-descriptor'
  | 'ends-background'
  | 'leaves-processes'
  | 'leaves-temp'
  | 'ignores-abort'
  | 'fails-file-calls'
  | 'follows-links-in-tar'
  | 'invents-limits'
  | 'drops-writes'
  | 'hides-ports'
  | 'adds-groups'
  | 'lists-nothing'

/** What a scripted driver answers instead of running anything. */
export interface ScriptedAnswer {
  readonly exitCode: number
  readonly stdout?: string
  readonly stderr?: string
}
