/** The least that is a ClientHello with a name; `more`: further extensions. */
export function clientHello(name: string, more: Buffer = Buffer.alloc(0)): Buffer {
  const host = Buffer.from(name)
  const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
  const entry = Buffer.concat([Buffer.from([0]), u16(host.length), host])
  const sni = Buffer.concat([u16(0), u16(entry.length + 2), u16(entry.length), entry])
  const versions = Buffer.from([0, 43, 0, 3, 2, 3, 4])
  const extensions = Buffer.concat([sni, versions, more])
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 1),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0]),
    u16(extensions.length),
    extensions,
  ])
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body])
  return Buffer.concat([Buffer.from([0x16, 3, 1]), u16(message.length), message])
}
