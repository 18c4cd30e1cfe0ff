import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePolicy, planSandbox, probeHost } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from '../policy/error-message.ts'

describe('probeHost', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'caisson-probe-')))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  const policyOf = (...mounts: unknown[]) => parsePolicy({ filesystem: { mounts } })

  it('finds folders and files, through links, and what is missing', async () => {
    await mkdir(join(folder, 'real'))
    await writeFile(join(folder, 'file'), '')
    await symlink('real', join(folder, 'link'))
    const names = ['real', 'file', 'link', 'none']
    const policy = policyOf(...names.map((source) => ({ source, access: 'read' })))
    const { sources } = await probeHost(policy, { workingDirectory: folder })
    expect(sources).to.deep.equal([
      { given: 'real', canonical: join(folder, 'real'), kind: 'directory' },
      { given: 'file', canonical: join(folder, 'file'), kind: 'file' },
      { given: 'link', canonical: join(folder, 'real'), kind: 'directory' },
      { given: 'none', canonical: null, kind: 'missing' },
    ])
  })

  it('does not take a socket for a file', async () => {
    const server = createServer()
    const path = join(folder, 'socket')
    await new Promise<void>((resolve) => server.listen(path, resolve))
    try {
      const facts = await probeHost(policyOf({ source: path, access: 'read' }))
      expect(facts.sources[0]?.kind).to.equal('other')
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('looks at the mount points of nested mounts, links among them', async () => {
    await mkdir(join(folder, 'a', 'there'), { recursive: true })
    await symlink('there', join(folder, 'a', 'link'))
    const source = join(folder, 'a')
    const policy = policyOf(
      { source, target: '/w', access: 'read' },
      { source, target: '/w/there', access: 'read' },
      { source, target: '/w/link', access: 'read' },
      { source, target: '/w/none', access: 'read' },
    )
    const { mountPoints } = await probeHost(policy)
    expect(mountPoints).to.deep.equal({
      [join(source, 'there')]: 'directory',
      [join(source, 'link')]: 'symlink',
      [join(source, 'none')]: 'missing',
    })
  })

  it('shows programs, and no file that may hold a secret', async () => {
    const { system } = await probeHost(parsePolicy({}))
    const paths = system.map((one) => one.path)
    expect(paths).to.include('/usr')
    for (const secret of [
      '/etc/shadow',
      '/etc/passwd',
      '/etc/ssl',
      '/etc/ssl/private',
      '/etc/npmrc',
    ]) {
      expect(paths, secret).not.to.include(secret)
    }
    expect((await probeHost(parsePolicy({ filesystem: { system: 'none' } }))).system).to.deep.equal(
      [],
    )
  })

  it('gives what a plan of this machine needs', async () => {
    await mkdir(join(folder, 'sub'))
    const policy = policyOf(
      { source: folder, access: 'write' },
      { source: join(folder, 'sub'), access: 'read' },
    )
    const made = planSandbox(policy, await probeHost(policy), 'here')
    expect(made.mounts.map((one) => one.target)).to.deep.equal([folder, join(folder, 'sub')])
    expect(made.process.uid).to.equal(process.geteuid?.())
  })

  it('finds out that a relative source is the home, or holds it', async () => {
    const home = await realpath(homedir())
    const dot = policyOf({ source: '.', access: 'read' })
    const facts = await probeHost(dot, { workingDirectory: home })
    expect(refusal(() => planSandbox(dot, facts, 'x'))).to.match(/is the home/)
    const up = policyOf({ source: '..', access: 'read' })
    const above = await probeHost(up, { workingDirectory: home })
    expect(refusal(() => planSandbox(up, above, 'x'))).to.match(/contains the home|source is `\/`/)
  })
})
