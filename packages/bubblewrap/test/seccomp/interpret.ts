/** What the kernel gives a filter: `struct seccomp_data`. */
export interface Call {
  readonly number: number
  readonly architecture: number
  readonly args?: readonly number[]
}

/** Runs a filter over one call and returns its verdict, checking what the kernel's verifier checks. */
export function interpret(program: Uint8Array, call: Call): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call.number >>> 0, true)
  data.setUint32(4, call.architecture >>> 0, true)
  for (const [index, value] of (call.args ?? []).entries())
    data.setBigUint64(16 + 8 * index, BigInt.asUintN(64, BigInt(value)), true)
  let accumulator = 0
  for (let at = 0; at * 8 < program.length; at++) {
    const code = view.getUint16(at * 8, true)
    const operand = view.getUint32(at * 8 + 4, true)
    const jump = (taken: boolean) => view.getUint8(at * 8 + (taken ? 2 : 3))
    if (code === 0x06) return operand
    else if (code === 0x20) accumulator = data.getUint32(operand, true)
    else if (code === 0x05) at += operand
    else if (code === 0x15) at += jump(accumulator === operand)
    else if (code === 0x35) at += jump(accumulator >= operand)
    else if (code === 0x45) at += jump((accumulator & operand) !== 0)
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0
    else throw new Error(`unknown instruction ${code} at ${at}`)
  }
  throw new Error('ran off the end')
}

/** `allow`, `kill`, or the errno. */
export function verdictName(value: number): string | number {
  if (value === 0x7fff0000) return 'allow'
  if (value === 0x80000000) return 'kill'
  if (value >>> 16 === 5) return value & 0xffff
  throw new Error(`unexpected verdict ${value.toString(16)}`)
}
