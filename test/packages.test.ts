import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageNames, readRepositoryFile, root } from './repository.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly type: string
  readonly description: string
  readonly engines: { readonly node: string }
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function manifest(folder: string): Manifest {
  return JSON.parse(readRepositoryFile(`${folder}/package.json`)) as Manifest
}

const published = packageNames().map((name) => `packages/${name}`)
const all = [...published, 'examples', 'test', 'bench']

describe('packages', () => {
  it('share one version, which they ask of each other exactly', () => {
    const { version } = manifest('packages/core')
    for (const folder of all) {
      const { name, version: own, dependencies, devDependencies } = manifest(folder)
      expect(own, name).to.equal(version)
      const wanted = Object.entries({ ...dependencies, ...devDependencies })
      const ours = wanted.filter(([dependency]) => dependency.startsWith('@caisson/'))
      for (const [dependency, range] of ours) {
        expect(range, `${name} on ${dependency}`).to.equal(version)
      }
    }
  })

  for (const folder of published) {
    describe(folder, () => {
      it('is named after its folder', () => {
        expect(manifest(folder).name).to.equal(folder.replace('packages/', '@caisson/'))
      })

      it('exports only files that the build makes', () => {
        const targets = Object.values(manifest(folder).exports).flatMap((target) =>
          typeof target === 'string' ? [target] : Object.values(target),
        )
        expect(targets.length).to.be.greaterThan(2)
        const missing = targets.filter((target) => !existsSync(join(root, folder, target)))
        expect(missing).to.deep.equal([])
      })

      it('says the same as the root on Node, licence and modules', () => {
        const own = manifest(folder)
        const { engines, license, type } = manifest('.')
        expect([own.engines.node, own.license, own.type]).to.deep.equal([
          engines.node,
          license,
          type,
        ])
        expect(own.description).to.not.equal('')
      })

      it('carries the licence and a README that starts with its name', () => {
        expect(readRepositoryFile(`${folder}/LICENSE`)).to.equal(readRepositoryFile('LICENSE'))
        const readme = readRepositoryFile(`${folder}/README.md`)
        expect(readme).to.match(new RegExp(`^# ${manifest(folder).name}\n`))
        expect(manifest(folder).files).to.include.members(['README.md', 'LICENSE', 'dist', 'src'])
      })
    })
  }
})
