import { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import { errnoName } from './errno.ts'
import { bound } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import type { SetupGap } from './setup.ts'
import { printable } from './text.ts'

/** What HELLO tells. */
export interface Hello {
  readonly gaps: readonly SetupGap[]
}

const ruleIdMost = 256
const whyMost = 512

/** The payload of HELLO. Another version is `LAUNCH_FAILED`. */
export function decodeHello(payload: Buffer): Hello {
  const reader = new Reader(payload)
  checkVersion(reader.u16())
  const features = reader.u32()
  if (features !== 0) throw protocolError(`features ${features}`)
  reader.u32()
  reader.u64()
  const gaps = Array.from({ length: reader.count(16) }, () => readGap(reader))
  reader.end()
  return { gaps }
}

/** The payload of FAIL, as the error that `connectGuest` rejects with. */
export function decodeFail(payload: Buffer): SandboxError {
  const reader = new Reader(payload)
  const version = reader.u16()
  const stage = printable(reader.str(64))
  const number = reader.u32()
  const detail = printable(reader.str(4096))
  reader.end()
  if (stage === 'version') return versionError(version)
  const name = errnoName(number)
  return new SandboxError(
    'LAUNCH_FAILED',
    `setting up the sandbox failed at ${stage}: ${name} (${detail})`,
    {
      errno: name,
    },
  )
}

function readGap(reader: Reader): SetupGap {
  return {
    mountIndex: reader.u32(),
    rule: printable(reader.str(ruleIdMost)),
    path: printable(reader.str(bound.PATH_BYTES_MAX + 1)),
    why: printable(reader.str(whyMost)),
  }
}

function checkVersion(version: number): void {
  if (version !== bound.PROTOCOL_VERSION) throw versionError(version)
}

function versionError(theirs: number): SandboxError {
  return new SandboxError(
    'LAUNCH_FAILED',
    `init speaks version ${theirs} of the guest protocol, this library version ${bound.PROTOCOL_VERSION}`,
    { hint: 'install matching versions of the packages' },
  )
}
