/** Writes what TLS vectors and records look like. */

export function vector8(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length]), body])
}

export function vector16(body: Buffer): Buffer {
  return Buffer.concat([uint16(body.length), body])
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 255])
}

export function extension(kind: number, data: Buffer): Buffer {
  return Buffer.concat([uint16(kind), vector16(data)])
}

export function serverName(name: string): Buffer {
  return extension(
    0,
    vector16(Buffer.concat([Buffer.from([0]), vector16(Buffer.from(name, 'latin1'))])),
  )
}

/** The body of a ClientHello; `null` leaves the extensions out altogether. */
export function helloBody(extensions: readonly Buffer[] | null): Buffer {
  return Buffer.concat([
    uint16(0x0303),
    Buffer.alloc(32, 7),
    vector8(Buffer.alloc(32, 8)),
    vector16(Buffer.from('130113021303', 'hex')),
    vector8(Buffer.from([0])),
    ...(extensions === null ? [] : [vector16(Buffer.concat(extensions))]),
  ])
}

export function message(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1, 0]), vector16(body)])
}

/** Puts a message into records of at most so many bytes. */
export function records(bytes: Buffer, most = 16_384): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += most) {
    parts.push(Buffer.from([22, 3, 1]), vector16(bytes.subarray(at, at + most)))
  }
  return Buffer.concat(parts)
}

export function hello(...extensions: readonly Buffer[]): Buffer {
  return records(message(helloBody(extensions)))
}
