/** Name, content, type flag, link target, mode. */
type TarFields = [name: string, content: string, type?: string, link?: string, mode?: number]

/** One entry of a ustar archive, honest or not: header, then content in whole blocks. */
export function tarEntry(...fields: TarFields): Buffer {
  const [name, content, type = '0', link = '', mode = 0o644] = fields
  const header = Buffer.alloc(512)
  const octal = (value: number, size: number): string => value.toString(8).padStart(size - 1, '0')
  header.write(name, 0)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(Buffer.byteLength(content), 12), 124)
  header.write(octal(1_600_000_000, 12), 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(link, 157)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body])
}

/** An archive of entries, with its two empty blocks at the end. */
export function tarOf(entries: readonly Buffer[]): Buffer {
  return Buffer.concat([...entries, Buffer.alloc(1024)])
}
