import { createHash } from 'node:crypto'
import type { Answer, Site } from './origin.ts'
import { tarball } from './tar.ts'

/** A Debian package with one file of documentation. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly text: string
}

/** A mirror for apt at `/debian`, not signed: suite `stable`, component `main`, packages for all machines. */
export function debianMirror(packages: readonly DebianPackage[]): Site {
  const answers = new Map<string, Answer>()
  const stanzas = packages.map((one) => {
    const content = debianArchive(one)
    const path = poolPath(one)
    answers.set(`GET /debian/${path}`, { body: content })
    const sums = `Size: ${content.length}\nSHA256: ${sha256(content)}\n`
    return `${controlOf(one)}Filename: ${path}\n${sums}`
  })
  const index = stanzas.join('\n')
  answers.set('GET /debian/dists/stable/main/binary-all/Packages', { body: index })
  answers.set('GET /debian/dists/stable/Release', { body: release(index) })
  return ({ method, target }) => answers.get(`${method} ${target}`) ?? null
}

function poolPath({ name, version }: DebianPackage): string {
  return `pool/main/${name.slice(0, 1)}/${name}/${name}_${version}_all.deb`
}

/** Where the archive of a package is on the mirror. */
export function archivePath(one: DebianPackage): string {
  return `/debian/${poolPath(one)}`
}

function controlOf({ name, version }: DebianPackage): string {
  const fixed = 'Architecture: all\nMaintainer: Nobody <nobody@good.test>\n'
  return `Package: ${name}\nVersion: ${version}\n${fixed}Description: made for a test\n`
}

function release(index: string): string {
  const listed = ` ${sha256(index)} ${Buffer.byteLength(index)} main/binary-all/Packages\n`
  const head = 'Suite: stable\nCodename: stable\nArchitectures: all\nComponents: main\n'
  const date = 'Date: Thu, 01 Jan 2026 00:00:00 UTC\n'
  return `${head}${date}SHA256:\n${listed}`
}

/** A `.deb`, which is an archive of ar with three members (deb(5)). */
function debianArchive(one: DebianPackage): Buffer {
  const control = tarball([{ path: './control', content: controlOf(one) }])
  const document = `./usr/share/doc/${one.name}/README`
  const data = tarball([{ path: document, content: one.text }])
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', control),
    member('data.tar.gz', data),
  ])
}

function member(name: string, content: Buffer): Buffer {
  const columns: [string, number][] = [
    [name, 16],
    ['0', 12],
    ['0', 6],
    ['0', 6],
    ['100644', 8],
    [String(content.length), 10],
  ]
  const header = columns.map(([value, width]) => value.padEnd(width)).join('')
  // Members begin at even places.
  return Buffer.concat([
    Buffer.from(`${header}\`\n`),
    content,
    Buffer.alloc(content.length % 2, 10),
  ])
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
