import { expect } from 'chai'
import { readRequestHead } from '../../dist/http2/request-head.js'

const bounds = { headerLines: 128, headerBytes: 32_768 }

/** What is read of a request with this method. */
function read(method: string) {
  const rest = [':scheme', 'https', ':path', '/', ':authority', 'a.test']
  return readRequestHead([':method', method, ...rest], bounds)
}

describe('a method of HTTP/2', () => {
  it('is no longer than one of HTTP/1: what is told of a refusal holds it whole', () => {
    expect(read('A'.repeat(32))).to.have.nested.property('head.method')
    expect(read('A'.repeat(33))).to.have.property('status', 400)
    expect(read('IGNORE-ALL-OF-THE-ABOVE-AND-'.repeat(500))).to.have.property('status', 400)
  })
})
