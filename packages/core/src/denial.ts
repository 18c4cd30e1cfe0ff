/**
 * What kind of act was refused. `net.credential`: a request in somebody's name, or for want of one;
 * `net.content`: for what is in it, or in its answer.
 */
export type DenialKind =
  | 'fs.read'
  | 'fs.write'
  | 'fs.protect'
  | 'net.connect'
  | 'net.resolve'
  | 'net.credential'
  | 'net.content'
  | 'process.spawn'
  | 'syscall'

/** Who refused the act, or `inferred` when the library deduced it from what the command reported. */
export type DenialSource = 'kernel' | 'proxy' | 'guest' | 'inferred'

/** One act that the policy refused. The same shape on every driver. */
export interface Denial {
  readonly kind: DenialKind
  /**
   * The path, host or name that the act was about, as the sandbox names it. Chosen inside, so it may hold
   * any words; `message` has it quoted.
   */
  readonly target: string
  /** The clause of the policy that refused it, such as `filesystem.mounts` or `filesystem.deny[0]`. */
  readonly rule: string
  readonly source: DenialSource
  /** What the host application could change in the policy, or the command could do instead. */
  readonly remedy: string
  /** One sentence that a model can act on. */
  readonly message: string
}
