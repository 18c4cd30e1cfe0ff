import { expect } from 'chai'
import { OwnAddresses } from '../../dist/dial/own-dial.js'
import { vetAddresses, type AddressVerdict } from '../../dist/dial/vet.js'
import { RefusalError } from '../../dist/refusal.js'

function verdictOf(addresses: readonly string[], port: number): readonly string[] | string {
  const own = new OwnAddresses(() => ['203.0.113.9', '10.0.0.9', '2001:db8::9', 'fe80::9%eth0'])
  own.add({ address: '198.51.100.4', port: 3128 })
  own.add({ address: '0.0.0.0', port: 8080 })
  const verdicts: Record<string, AddressVerdict> = {
    '198.51.100.1': 'public',
    '198.51.100.4': 'public',
    '2001:db8::1': 'public',
    '203.0.113.9': 'public',
    '2001:db8::9': 'public',
    '10.0.0.7': 'named',
    '10.0.0.9': 'named',
    '127.0.0.1': 'named',
    'fe80::9%eth0': 'named',
  }
  try {
    return vetAddresses(addresses, port, {
      judge: (address) => verdicts[address] ?? 'refused',
      isHost: (address) => own.isHost(address),
      isListener: (address, at) => own.isListener(address, at),
    })
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal.code
    throw error
  }
}

describe('vetAddresses', () => {
  const cases: [addresses: string[], port: number, result: string[] | string, why: string][] = [
    [['198.51.100.1', '2001:db8::1'], 443, ['198.51.100.1', '2001:db8::1'], 'all pass, in order'],
    [['192.168.0.1', '198.51.100.1'], 443, ['198.51.100.1'], 'what is refused is left out'],
    [['192.168.0.1', '169.254.169.254'], 443, 'address_denied', 'nothing is left'],
    [['10.0.0.7'], 443, ['10.0.0.7'], 'policy names it'],
    [['203.0.113.9'], 443, 'self', "a public address of the host's interface"],
    [['2001:db8::9'], 443, 'self', "an IPv6 address of the host's interface"],
    [['203.0.113.9', '192.168.0.1'], 443, 'address_denied', 'not only itself'],
    [['203.0.113.9', '198.51.100.1'], 443, ['198.51.100.1'], 'itself is left out'],
    [['10.0.0.9'], 443, ['10.0.0.9'], 'an interface that policy names'],
    [['10.0.0.9'], 8080, 'self', 'the listener on every address, on a named interface'],
    [['127.0.0.1'], 8080, 'self', 'the listener on every address, on named loopback'],
    [['127.0.0.1'], 8081, ['127.0.0.1'], 'named loopback on another port'],
    [['198.51.100.4'], 3128, 'self', 'a listener on one address'],
    [['198.51.100.4'], 443, ['198.51.100.4'], 'that address on another port'],
    [['0.0.0.0'], 3128, 'self', 'the unspecified address leads home'],
    [['::ffff:198.51.100.4'], 3128, 'self', 'a listener, written as IPv6'],
    [['fe80::9%eth0'], 443, 'address_denied', 'an address with a zone cannot be judged'],
    [['api.test'], 443, 'address_denied', 'not an address at all'],
    [[''], 443, 'address_denied', 'nothing'],
    [[], 443, 'address_denied', 'no answers'],
  ]
  for (const [addresses, port, result, why] of cases) {
    it(`${JSON.stringify(addresses)} on ${String(port)} → ${JSON.stringify(result)}: ${why}`, () => {
      expect(verdictOf(addresses, port)).to.deep.equal(result)
    })
  }
})

describe('OwnAddresses', () => {
  it('reads the interfaces again after a while, and not for each address', () => {
    let reads = 0
    let now = 0
    let list = ['203.0.113.1']
    const source = () => {
      reads += 1
      return list
    }
    const own = new OwnAddresses(source, () => now)
    expect(own.isHost('203.0.113.1')).to.equal(true)
    list = ['203.0.113.2']
    now = 29_999
    expect(own.isHost('203.0.113.2')).to.equal(false)
    expect(reads).to.equal(1)
    now = 30_000
    expect(own.isHost('203.0.113.2')).to.equal(true)
    expect(own.isHost('203.0.113.1')).to.equal(false)
    expect(reads).to.equal(2)
  })

  it("knows the machine's own interfaces", () => {
    const own = new OwnAddresses()
    expect(own.isHost('127.0.0.1')).to.equal(true)
    expect(own.isHost('127.9.9.9')).to.equal(true)
    expect(own.isHost('::1')).to.equal(true)
    expect(own.isHost('::ffff:127.0.0.1')).to.equal(true)
    expect(own.isHost('198.51.100.1')).to.equal(false)
  })

  it('forgets a listener that is taken back', () => {
    const own = new OwnAddresses(() => [])
    const remove = own.add({ address: '127.0.0.1', port: 3128 })
    expect(own.isListener('127.0.0.1', 3128)).to.equal(true)
    expect(own.isListener('127.0.0.1', 3129)).to.equal(false)
    remove()
    expect(own.isListener('127.0.0.1', 3128)).to.equal(false)
  })
})
