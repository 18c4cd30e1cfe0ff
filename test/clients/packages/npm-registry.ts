import { createHash } from 'node:crypto'
import type { Answer, Site } from './origin.ts'
import { tarball } from './tar.ts'

/** A package that the registry has, in one version. */
export interface NpmPackage {
  /** With its scope, where it has one. */
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  /** Source of its only module. */
  readonly source: string
}

/** A registry as npm reads it: a document for each package, and its archive. */
export function npmRegistry(origin: string, packages: readonly NpmPackage[]): Site {
  const answers = new Map<string, Answer>()
  for (const one of packages) {
    const archive = archiveOf(one)
    const path = `/${one.name}/-/${one.name.replace(/^.*\//, '')}-${one.version}.tgz`
    const body = JSON.stringify(documentOf(one, `${origin}${path}`, archive))
    // npm asks for `@scope%2fname`, in one segment; registries read escapes in either case.
    answers.set(`GET /${one.name.replace('/', '%2F')}`, { type: 'application/json', body })
    answers.set(`GET ${path}`, { body: archive })
  }
  return ({ method, target }) => answers.get(`${method} ${target.replace('%2f', '%2F')}`) ?? null
}

function manifestOf({ name, version, dependencies = {} }: NpmPackage): Record<string, unknown> {
  return { name, version, dependencies, main: 'index.js' }
}

function archiveOf(one: NpmPackage): Buffer {
  const manifest = JSON.stringify(manifestOf(one))
  return tarball([
    { path: 'package/package.json', content: manifest },
    { path: 'package/index.js', content: one.source },
  ])
}

function documentOf(one: NpmPackage, url: string, archive: Buffer): Record<string, unknown> {
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
  const manifest = { ...manifestOf(one), dist: { tarball: url, integrity } }
  return {
    name: one.name,
    'dist-tags': { latest: one.version },
    versions: { [one.version]: manifest },
  }
}
