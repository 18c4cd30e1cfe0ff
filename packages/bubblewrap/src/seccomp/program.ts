import {
  assembleDecision,
  assembleSearch,
  conditional,
  dataOffset,
  encode,
  type Instruction,
  type NumberedDecision,
  opcode,
  statement,
} from './assemble.ts'
import { absent } from './decision.ts'
import { arm64SystemCalls } from './syscalls-arm64.ts'
import { x64SystemCalls } from './syscalls-x64.ts'
import { argumentRules, refusedGroups } from './table.ts'

/** Processors that the filter is made for, in Node's words (`process.arch`). */
export type Architecture = 'x64' | 'arm64'

/** `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` of `linux/audit.h`. */
const auditArchitecture: Readonly<Record<Architecture, number>> = {
  x64: 0xc000003e,
  arm64: 0xc00000b7,
}

/** `__X32_SYSCALL_BIT`: the x32 calls share x86-64's architecture and would pass by other numbers. */
const x32Bit = 0x40000000

/**
 * The filter for every process of a sandbox, as the bytes of `struct sock_filter[]`. Calls made
 * through another architecture's entry (32-bit code) end the process: their numbers mean other things.
 */
export function seccompProgram(architecture: Architecture, unixSockets: boolean): Uint8Array {
  const foreign = assembleDecision({ kind: 'kill' })
  const x32 = assembleDecision(absent)
  const head: Instruction[] = [
    statement(opcode.load, dataOffset.architecture),
    conditional(opcode.equal, auditArchitecture[architecture], [foreign.length, 0]),
    ...foreign,
    statement(opcode.load, dataOffset.number),
  ]
  const x32Check =
    architecture === 'x64' ? [conditional(opcode.atLeast, x32Bit, [0, x32.length]), ...x32] : []
  return encode([...head, ...x32Check, ...assembleSearch(decisionsFor(architecture, unixSockets))])
}

/** Every decision of the table that has a number on this processor. */
function decisionsFor(
  architecture: Architecture,
  unixSockets: boolean,
): readonly NumberedDecision[] {
  const numbers = architecture === 'x64' ? x64SystemCalls : arm64SystemCalls
  const entries = [...refusedGroups, ...argumentRules(unixSockets)]
  return entries.flatMap(({ systemCalls, decision }) =>
    systemCalls.flatMap((name) => {
      const number = numbers[name]
      return number === undefined ? [] : [{ number, decision }]
    }),
  )
}
