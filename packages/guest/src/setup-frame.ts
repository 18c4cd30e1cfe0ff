import { SandboxError } from '@caisson/core'
import { Writer } from './encode.ts'
import { absolutePath } from './inside-path.ts'
import { ipv4Bytes } from './ipv4.ts'
import { bound, operation } from './protocol.ts'
import { writeRules } from './rules-field.ts'
import type { SetupOperation } from './setup.ts'

type Doors = Extract<SetupOperation, { kind: 'doors' }>
type Mount = Extract<SetupOperation, { kind: 'mount' }>

const doorsMost = 64
const doorProtocol = { tcp: 0, udp: 1 } as const
const access = { read: 0, write: 1, overlay: 2 } as const
const fileKind = { directory: 0, file: 1 } as const

/** The payload of SETUP. */
export function encodeSetup(operations: readonly SetupOperation[]): Buffer {
  const payload = new Writer(4096).u16(bound.PROTOCOL_VERSION).u32(operations.length)
  for (const step of operations) writeOperation(payload, step)
  if (payload.size <= bound.FRAME_PAYLOAD_MAX) return payload.finish()
  throw new SandboxError('LAUNCH_FAILED', `the set-up takes ${payload.size} bytes`, {
    hint: `mounts and rules fit ${bound.FRAME_PAYLOAD_MAX} bytes: use fewer, or shorter, rules`,
  })
}

function writeOperation(to: Writer, step: SetupOperation): void {
  switch (step.kind) {
    case 'mount':
      return writeMount(to, step)
    case 'hide':
      return void to.u8(operation.HIDE).str(absolutePath(step.path))
    case 'read-only':
      return void to.u8(operation.READONLY).str(absolutePath(step.path))
    case 'identity':
      return void to.u8(operation.IDENTITY).u32(step.uid).u32(step.gid)
    case 'rlimit':
      return void to.u8(operation.RLIMIT).u32(step.resource).u64(step.value)
    case 'seccomp':
      return void to.u8(operation.SECCOMP).bytes(step.program)
    case 'proc-check':
      return void to.u8(operation.PROCCHECK)
    case 'scratch':
      return void to.u8(operation.SCRATCH).str(absolutePath(step.path))
    case 'doors':
      return writeDoors(to, step)
    case 'lock':
      return void to.u8(operation.LOCK)
  }
}

function writeDoors(to: Writer, { channel, doors }: Doors): void {
  if (doors.length === 0 || doors.length > doorsMost)
    throw new SandboxError('LAUNCH_FAILED', `${doors.length} doors, of which 1 to 64 can be made`)
  to.u8(operation.DOORS).u32(channel).u32(doors.length)
  for (const { protocol, address, port } of doors) {
    const parts = ipv4Bytes(address)
    if (parts === null || !Number.isInteger(port) || port < 1 || port > 0xffff)
      throw new SandboxError('LAUNCH_FAILED', `no door can be made at ${address}:${port}`)
    to.u8(doorProtocol[protocol])
    for (const part of parts) to.u8(part)
    to.u16(port)
  }
}

function writeMount(to: Writer, mount: Mount): void {
  to.u8(operation.MOUNT)
    .u32(mount.index)
    .u8(access[mount.access])
    .u8(fileKind[mount.fileKind])
    .str(absolutePath(mount.staged))
    .str(absolutePath(mount.target))
    .u64(mount.upperBytes)
  writeRules(to, mount.deny)
  writeRules(to, mount.protect)
}
