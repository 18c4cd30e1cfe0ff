import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('hostile-peers.js', import.meta.url))

describe('HTTP/2 and what has made Node abort', () => {
  it('outlives peers that break off, when what they left is collected', async () => {
    const child = spawn(process.execPath, ['--expose-gc', program, '20260105'])
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    expect({ code, signal, errors }).to.deep.equal({ code: 0, signal: null, errors: '' })
  }).timeout(30_000)
})
