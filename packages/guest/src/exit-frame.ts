import type { DriverExit } from '@caisson/core'
import type { Reader } from './decode.ts'
import { protocolError } from './protocol-error.ts'
import { lastSignal, signalName } from './signals.ts'

/** The fields of EXIT. */
export function decodeExit(reader: Reader): DriverExit {
  const signalled = reader.below(2, 'way to exit') === 1
  const value = reader.u32()
  const cpuMicroseconds = Number(reader.u64())
  const peakMemoryBytes = Number(reader.u64())
  const flags = reader.below(2, 'exit flag')
  reader.end()
  if (signalled ? value < 1 || value > lastSignal : value > 255) {
    throw protocolError(`${signalled ? 'signal' : 'exit code'} ${value}`)
  }
  return {
    exitCode: signalled ? null : value,
    signal: signalled ? signalName(value) : null,
    cpuMs: cpuMicroseconds / 1000,
    peakMemoryBytes,
    limitsHit: flags === 1 ? ['disk'] : [],
  }
}
