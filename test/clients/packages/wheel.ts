import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ArchivedFile } from './tar.ts'

/** A package for Python, as pip installs it. */
export interface Wheel {
  readonly fileName: string
  readonly content: Buffer
  /** In hexadecimal. */
  readonly sha256: string
}

/** A wheel of pure Python with one module (the binary distribution format, PEP 427). */
export function wheel(name: string, version: string, source: string): Wheel {
  const info = `${name}-${version}.dist-info`
  const files = [
    { path: `${name}.py`, content: source },
    { path: `${info}/METADATA`, content: metadata({ name, version }) },
    {
      path: `${info}/WHEEL`,
      content: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    },
  ]
  const record = { path: `${info}/RECORD`, content: recordOf(files, `${info}/RECORD`) }
  const content = zip([...files, record])
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { fileName: `${name}-${version}-py3-none-any.whl`, content, sha256 }
}

function metadata({ name, version }: { name: string; version: string }): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`
}

function recordOf(files: readonly ArchivedFile[], itself: string): string {
  const lines = files.map(({ path, content }) => {
    const digest = createHash('sha256').update(content).digest('base64url')
    return `${path},sha256=${digest},${Buffer.byteLength(content)}`
  })
  return [...lines, `${itself},,`, ''].join('\n')
}

/** A zip archive whose files are stored as they are (APPNOTE 4.3: local headers, directory, its end). */
function zip(files: readonly ArchivedFile[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { path, content } of files) {
    const name = Buffer.from(path)
    const bytes = Buffer.from(content)
    const facts = factsOf(name, bytes)
    const local = Buffer.concat([word(0x04034b50, 4), facts, name, bytes])
    const beside = Buffer.concat([word(0, 2), word(0, 2), word(0, 2), word(0o100644 * 65_536, 4)])
    const made = word(0x0314, 2)
    directory.push(word(0x02014b50, 4), made, facts, beside, word(offset, 4), name)
    locals.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const count = word(files.length, 2)
  const end = [word(0x06054b50, 4), word(0, 4), count, count, word(listed.length, 4)]
  return Buffer.concat([...locals, listed, ...end, word(offset, 4), word(0, 2)])
}

/** What a local header and an entry of the directory share: version needed up to the lengths. */
function factsOf(name: Buffer, bytes: Buffer): Buffer {
  const firstDay = 0x21
  const sizes = [word(bytes.length, 4), word(bytes.length, 4)]
  const lengths = [word(name.length, 2), word(0, 2)]
  const plain = [word(20, 2), word(0, 2), word(0, 2), word(0, 2), word(firstDay, 2)]
  return Buffer.concat([...plain, word(crc32(bytes), 4), ...sizes, ...lengths])
}

function word(value: number, size: 2 | 4): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntLE(value, 0, size)
  return bytes
}
