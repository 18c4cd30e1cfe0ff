// #region conformance
import { describeDriver } from '@caisson/driver-conformance/mocha'
import { bubblewrap } from '../dist/index.js'

const module = new URL('../dist/index.js', import.meta.url).href

describeDriver('bubblewrap', bubblewrap, { elsewhere: { module, factory: 'bubblewrap' } })
// #endregion

describe('with the proxy in a process of its own', () => {
  describeDriver('bubblewrap', bubblewrap, {
    egress: { isolate: 'process' },
    filter: ({ area }) => area === 'egress' || area === 'credentials',
  })
})
