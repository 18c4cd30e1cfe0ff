import { bound, frameType } from '../dist/protocol.js'
import type { Prng } from './prng.ts'
import { frameBytes, u32 } from './scripted-peer.ts'

/** Makes other bytes of the bytes of one frame. */
type Mutation = (frame: Buffer, random: Prng) => readonly Buffer[]

const types: readonly number[] = Object.values(frameType)

function changed(frame: Buffer, change: (copy: Buffer) => void): readonly Buffer[] {
  const copy = Buffer.from(frame)
  change(copy)
  return [copy]
}

const mutations: readonly [Mutation, ...Mutation[]] = [
  // A bit flips.
  (frame, random) =>
    changed(frame, (copy) => {
      const at = random.below(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    }),
  // A byte of the header flips, where most checks are.
  (frame, random) =>
    changed(frame, (copy) => {
      copy[random.below(bound.FRAME_HEADER_BYTES)] = random.below(256)
    }),
  // The frame is cut.
  (frame, random) => [frame.subarray(0, random.below(frame.length))],
  // The payload is cut, and the header says so.
  (frame, random) => {
    const copy = Buffer.from(frame.subarray(0, 10 + random.below(frame.length - 9)))
    copy.writeUInt32LE(copy.length - 10, 0)
    return [copy]
  },
  // A length inside or outside grows.
  (frame, random) =>
    changed(frame, (copy) => {
      copy.writeUInt32LE(random.next(), random.below(copy.length - 3))
    }),
  // Another stream.
  (frame, random) => changed(frame, (copy) => copy.writeUInt32LE(random.below(40), 6)),
  // Another type.
  (frame, random) =>
    changed(frame, (copy) => {
      copy[4] = types[random.below(types.length)] ?? 0
    }),
  // Another channel.
  (frame, random) =>
    changed(frame, (copy) => {
      copy[5] = random.below(4)
    }),
  // Twice.
  (frame) => [frame, frame],
  // Never.
  () => [],
  // More data than credit, behind it.
  (frame, random) => [
    frame,
    ...Array.from({ length: 5 }, () =>
      frameBytes(frameType.DATA, frame.readUInt32LE(6), Buffer.alloc(100_000), 1 + random.below(2)),
    ),
  ],
  // A grant too many.
  (frame, random) => [
    frame,
    frameBytes(frameType.WINDOW, frame.readUInt32LE(6), u32(random.next())),
  ],
  // Noise.
  (frame, random) => [frame, Buffer.from(Array.from({ length: 30 }, () => random.below(256)))],
]

/** The bytes to send instead of a frame. */
export function mutate(frame: Buffer, random: Prng): readonly Buffer[] {
  return random.pick(mutations)(frame, random)
}
