import type { Decision } from './decision.ts'

/** One instruction of classic BPF: `struct sock_filter` of `linux/filter.h`. */
export interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly operand: number
}

/** What the filter does with one system call number. */
export interface NumberedDecision {
  readonly number: number
  readonly decision: Decision
}

/** `LD|W|ABS`, `JMP|JA`, `JMP|JEQ|K`, `JMP|JGE|K`, `JMP|JSET|K`, `ALU|AND|K`, `RET|K`. */
export const opcode = {
  load: 0x20,
  jump: 0x05,
  equal: 0x15,
  atLeast: 0x35,
  anyBit: 0x45,
  and: 0x54,
  result: 0x06,
} as const

/** Return values of a filter: seccomp(2). */
const verdict = { allow: 0x7fff0000, errno: 0x00050000, kill: 0x80000000 } as const

/** Offsets in `struct seccomp_data`; an argument's low word comes first on little endian machines. */
export const dataOffset = { number: 0, architecture: 4, firstArgument: 16 } as const

const longestConditionalJump = 255
const leafSize = 3

/** A binary search over the numbers, so that a call costs a handful of comparisons; unnamed numbers are allowed. */
export function assembleSearch(decisions: readonly NumberedDecision[]): Instruction[] {
  const sorted = [...decisions].sort((a, b) => a.number - b.number)
  for (const [index, entry] of sorted.entries()) {
    if (sorted[index + 1]?.number === entry.number)
      throw new Error(`system call ${entry.number} is decided twice`)
  }
  return search(sorted)
}

function search(sorted: readonly NumberedDecision[]): Instruction[] {
  if (sorted.length <= leafSize) return leaf(sorted)
  const middle = sorted.length >> 1
  const pivot = sorted[middle]
  if (pivot === undefined) return leaf(sorted)
  const lower = search(sorted.slice(0, middle))
  const upper = search(sorted.slice(middle))
  // An unconditional jump reaches any distance; a conditional one only 255 instructions.
  return [
    conditional(opcode.atLeast, pivot.number, [0, 1]),
    statement(opcode.jump, lower.length),
    ...lower,
    ...upper,
  ]
}

function leaf(entries: readonly NumberedDecision[]): Instruction[] {
  const blocks = entries.flatMap(({ number, decision }) => {
    const block = assembleDecision(decision)
    return [conditional(opcode.equal, number, [0, block.length]), ...block]
  })
  return [...blocks, statement(opcode.result, verdict.allow)]
}

/**
 * Instructions that end in a verdict on every way through. Only the low word of an argument is read:
 * every argument looked at is an `int`, or flags of which the kernel takes the low half.
 */
export function assembleDecision(decision: Decision): Instruction[] {
  switch (decision.kind) {
    case 'allow':
      return [statement(opcode.result, verdict.allow)]
    case 'kill':
      return [statement(opcode.result, verdict.kill)]
    case 'errno':
      return [statement(opcode.result, verdict.errno | decision.errno)]
    case 'any-bit': {
      const matched = assembleDecision(decision.matched)
      return [
        loadArgument(decision.argument),
        conditional(opcode.anyBit, decision.bits, [0, matched.length]),
        ...matched,
        ...assembleDecision(decision.otherwise),
      ]
    }
    case 'match':
      return assembleMatch(decision)
  }
}

function assembleMatch(decision: Extract<Decision, { kind: 'match' }>): Instruction[] {
  const matched = assembleDecision(decision.matched)
  const last = decision.values.length - 1
  const tests = decision.values.map((value, index) =>
    conditional(opcode.equal, value, [last - index, index === last ? matched.length : 0]),
  )
  return [
    loadArgument(decision.argument),
    ...(decision.mask === 0xffffffff ? [] : [statement(opcode.and, decision.mask)]),
    ...tests,
    ...matched,
    ...assembleDecision(decision.otherwise),
  ]
}

function loadArgument(argument: number): Instruction {
  return statement(opcode.load, dataOffset.firstArgument + 8 * argument)
}

/** An instruction without a condition. */
export function statement(code: number, operand: number): Instruction {
  return { code, jumpTrue: 0, jumpFalse: 0, operand }
}

/** An instruction that jumps by one of two distances. */
export function conditional(
  code: number,
  operand: number,
  [jumpTrue, jumpFalse]: readonly [number, number],
): Instruction {
  if (jumpTrue > longestConditionalJump || jumpFalse > longestConditionalJump)
    throw new Error(`a conditional jump of ${Math.max(jumpTrue, jumpFalse)} does not fit`)
  return { code, jumpTrue, jumpFalse, operand }
}

/** The bytes of `struct sock_filter[]`, little endian. */
export function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [index, { code, jumpTrue, jumpFalse, operand }] of instructions.entries()) {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, jumpTrue)
    view.setUint8(index * 8 + 3, jumpFalse)
    view.setUint32(index * 8 + 4, operand, true)
  }
  return bytes
}
