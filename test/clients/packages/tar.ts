import { gzipSync } from 'node:zlib'

/** A file of an archive. */
export interface ArchivedFile {
  readonly path: string
  readonly content: string | Uint8Array
}

const block = 512

/** A tar archive of regular files (POSIX.1-1988 ustar), compressed by gzip. */
export function tarball(files: readonly ArchivedFile[]): Buffer {
  const parts = files.flatMap(({ path, content }) => {
    const bytes = Buffer.from(content)
    const padding = Buffer.alloc((block - (bytes.length % block)) % block)
    return [header(path, bytes.length), bytes, padding]
  })
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * block)]))
}

function header(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  bytes.write(path, 0)
  bytes.write(octal(0o644, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(size, 11), 124)
  bytes.write(octal(0, 11), 136)
  // The sum is taken with spaces where it will stand.
  bytes.write('        ', 148)
  bytes.write('0', 156)
  bytes.write('ustar\x0000', 257)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${octal(sum, 6)}\0 `, 148)
  return bytes
}
