import type { Usage } from '@caisson/core'
import { Builtin, decodeOutput } from './builtin.ts'
import type { GuestLink } from './link.ts'

const portsMost = 65_535

/** TCP ports that something inside listens on, ascending, each once. */
export async function listeningPorts(link: GuestLink): Promise<number[]> {
  link.assertLive()
  const builtin = new Builtin(link, ['listening'])
  const output = await builtin.collect(portsMost * 2 * 4)
  await builtin.succeed('listing ports')
  const ports = decodeOutput(builtin, output, (reader) =>
    Array.from({ length: Math.ceil(reader.left / 2) }, () => reader.u16()),
  )
  return [...new Set(ports)].filter((port) => port > 0).toSorted((a, b) => a - b)
}

/** Memory, processor time and processes of the whole sandbox, as its /proc says. */
export async function usage(link: GuestLink): Promise<Usage> {
  link.assertLive()
  const builtin = new Builtin(link, ['usage'])
  const output = await builtin.collect(20)
  await builtin.succeed('measuring')
  return decodeOutput(builtin, output, (reader) => ({
    memoryBytes: Number(reader.u64()),
    peakMemoryBytes: null,
    cpuMs: Number(reader.u64()) / 1000,
    processes: reader.u32(),
  }))
}
