/** What becomes of a system call; `match` and `any-bit` look at one argument first. */
export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'errno'; readonly errno: number }
  /** `matched` when the argument, cut by `mask`, is one of `values`. */
  | {
      readonly kind: 'match'
      readonly argument: number
      readonly mask: number
      readonly values: readonly number[]
      readonly matched: Decision
      readonly otherwise: Decision
    }
  /** `matched` when the argument has at least one of `bits`. */
  | {
      readonly kind: 'any-bit'
      readonly argument: number
      readonly bits: number
      readonly matched: Decision
      readonly otherwise: Decision
    }

/** Numbers of Linux's errno(3), the same on x86-64 and arm64. */
export const errno = {
  EPERM: 1,
  ENOSYS: 38,
  EPROTONOSUPPORT: 93,
  EAFNOSUPPORT: 97,
} as const

/** Lets the call through. */
export const allow: Decision = { kind: 'allow' }

/** Refuses with the error that says "not permitted". */
export const refuse: Decision = { kind: 'errno', errno: errno.EPERM }

/** Refuses as a kernel without the call would, so that callers take their older way. */
export const absent: Decision = { kind: 'errno', errno: errno.ENOSYS }
