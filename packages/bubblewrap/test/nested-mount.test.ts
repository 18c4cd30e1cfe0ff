import { expect } from 'chai'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireDriver, sandboxWith } from './real-sandbox.ts'

describe('a mount inside a denied folder', function () {
  let workspace: string

  before(async function () {
    await requireDriver(this)
  })
  beforeEach(() => {
    workspace = realpathSync(mkdtempSync(join(tmpdir(), 'caisson-nested-')))
    mkdirSync(join(workspace, 'secrets/pub'), { recursive: true })
    mkdirSync(join(workspace, 'secrets/other'))
    writeFileSync(join(workspace, 'secrets/key'), 'TOP SECRET')
    writeFileSync(join(workspace, 'secrets/other/key'), 'TOP SECRET')
    writeFileSync(join(workspace, 'secrets/pub/notice'), 'for all')
  })
  afterEach(() => rmSync(workspace, { recursive: true, force: true }))

  it('is readable, while the rest of the folder cannot even be listed', async () => {
    const pub = join(workspace, 'secrets/pub')
    await using sandbox = await sandboxWith({
      filesystem: {
        mounts: [
          { source: workspace, access: 'write' },
          { source: pub, access: 'read' },
        ],
        deny: ['secrets'],
      },
    })
    const sh = async (script: string): Promise<string> =>
      (await sandbox.exec(script, { cwd: workspace })).stdout
    expect(await sh('cat secrets/pub/notice; ls secrets/pub')).to.equal('for allnotice\n')
    expect(await sh('ls secrets || echo refused')).to.equal('refused\n')
    expect(await sh('cat secrets/key secrets/other/key; cat secrets/*')).to.equal('')
    expect(await sh('touch secrets/new secrets/pub/new || echo refused')).to.equal('refused\n')
    expect(await sh('mv secrets moved || echo refused')).to.equal('refused\n')
  })
})
