/** What differs from an ordinary query for an A record. */
export interface QueryShape {
  readonly id?: number
  readonly flags?: number
  readonly counts?: readonly [number, number, number, number]
  readonly type?: number
  readonly class?: number
  readonly tail?: Buffer
}

export function wireName(labels: readonly string[]): Buffer {
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1')
    return Buffer.concat([Buffer.from([bytes.length]), bytes])
  })
  return Buffer.concat([...parts, Buffer.alloc(1)])
}

/** A query for a name whose labels are given by dots, or as raw bytes. */
export function dnsQuery(name: string | Buffer, shape: QueryShape = {}): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(shape.id ?? 0x1234, 0)
  header.writeUInt16BE(shape.flags ?? 0x0100, 2)
  for (const [index, count] of (shape.counts ?? [1, 0, 0, 0]).entries()) {
    header.writeUInt16BE(count, 4 + 2 * index)
  }
  const kind = Buffer.alloc(4)
  kind.writeUInt16BE(shape.type ?? 1, 0)
  kind.writeUInt16BE(shape.class ?? 1, 2)
  const wire = typeof name === 'string' ? wireName(name === '' ? [] : name.split('.')) : name
  return Buffer.concat([header, wire, kind, shape.tail ?? Buffer.alloc(0)])
}

/** An OPT record with so many bytes of options. */
export function opt(optionBytes = 0): Buffer {
  const record = Buffer.alloc(11 + optionBytes)
  record.writeUInt16BE(41, 1)
  record.writeUInt16BE(1232, 3)
  record.writeUInt16BE(optionBytes, 9)
  return record
}
