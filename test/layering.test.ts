import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { edges, violations } from './layering.ts'
import { readRepositoryFile, sourceFiles } from './repository.ts'

describe('layering', () => {
  it('names every package in its table', () => {
    expect(readdirSync(new URL('../../packages', import.meta.url)).toSorted()).to.deep.equal(
      Object.keys(edges).toSorted(),
    )
  })

  it('is kept by every source file', () => {
    const files = sourceFiles()
    expect(files.length).to.be.greaterThan(20)
    const found = files.flatMap((file) => violations(file, readRepositoryFile(file)))
    expect(found.map(({ file, what }) => `${file} ${what}`)).to.deep.equal([])
  })

  const broken: [string, string, string][] = [
    ['core imports a driver', 'core/src/a.ts', "import { b } from '@caisson/bubblewrap'"],
    [
      'core imports the guest, for a type',
      'core/src/a.ts',
      "import type { b } from '@caisson/guest'",
    ],
    [
      'a driver imports conformance',
      'bubblewrap/src/a.ts',
      "import('@caisson/driver-conformance')",
    ],
    ['a package reaches into another', 'guest/src/a.ts', "export * from '@caisson/core/dist/a.js'"],
    [
      'a driver trusts the authority of tests',
      'bubblewrap/src/a.ts',
      "import { b } from '@caisson/egress-proxy/testing'",
    ],
    ['a package reaches around the exports', 'guest/src/a.ts', "import '../../core/src/a.ts'"],
    [
      'a plan starts a process',
      'bubblewrap/src/plan.ts',
      "import { spawn } from 'node:child_process'",
    ],
    [
      'the old spelling of a module',
      'bubblewrap/src/plan.ts',
      "import { spawn } from 'child_process'",
    ],
    ['execa outside a launch', 'bubblewrap/src/options.ts', "import { execa } from 'execa'"],
    ['the network in core', 'core/src/a.ts', "import net from 'node:net'"],
    ['fetch in core', 'core/src/a.ts', "export const b = () => fetch('http://c')"],
    ['the environment in a plan', 'core/src/plan/a.ts', 'export const b = process.env'],
    ['the environment, disguised', 'core/src/plan/a.ts', "export const b = process['en' + 'v']"],
  ]
  for (const [title, file, text] of broken) {
    it(`is broken when: ${title}`, () => {
      expect(violations(`packages/${file}`, text)).to.have.length(1)
    })
  }

  const kept: [string, string, string][] = [
    ['a launch starts a process', 'bubblewrap/src/launch.ts', "import { execa } from 'execa'"],
    ['a probe reads the environment', 'bubblewrap/src/probe.ts', 'export const b = process.env'],
    ['a driver imports the guest', 'bubblewrap/src/a.ts', "import { b } from '@caisson/guest'"],
    ['only a type of node:net is used', 'core/src/a.ts', "import type { Socket } from 'node:net'"],
    ['a comment names process.env', 'core/src/a.ts', '// process.env is not read here\nexport {}'],
  ]
  for (const [title, file, text] of kept) {
    it(`is kept when: ${title}`, () => {
      expect(violations(`packages/${file}`, text)).to.deep.equal([])
    })
  }
})
