import { expect } from 'chai'
import { auditPolicy, presets, services } from '../dist/index.js'

/** What programs without types do. */
function untyped(options: unknown): never {
  return options as never
}

async function messageOf(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError)
    return (error as Error).message
  }
  return 'taken'
}

const typo = { organisations: ['acme'] }
const acts: readonly (readonly [name: string, act: (options: never) => unknown])[] = [
  ['services.anthropic', (options) => services.anthropic(options)],
  ['services.openai', (options) => services.openai(options)],
  ['services.github', (options) => services.github(options)],
  ['services.npm.install', (options) => services.npm.install(options)],
  ['services.pypi.install', (options) => services.pypi.install(options)],
  ['services.crates.fetch', (options) => services.crates.fetch(options)],
  ['services.goModules.fetch', (options) => services.goModules.fetch(options)],
  ['services.debian.install', (options) => services.debian.install(options)],
  ['services.rubygems.install', (options) => services.rubygems.install(options)],
  ['services.oci.pull', (options) => services.oci.pull(options)],
  ['presets.codingAgent', (options) => presets.codingAgent(options)],
  ['auditPolicy', (options) => auditPolicy({}, options)],
]

describe('options that are none', () => {
  for (const [name, act] of acts) {
    it(`are refused by ${name}, which says which there are`, async () => {
      const message = await messageOf(() => act(untyped(typo)))
      expect(message).to.match(/^[\w.]+: unknown name "organisations"; known are \w+/)
      expect(message.startsWith(`${name}:`)).to.equal(true)
      expect(await messageOf(() => act(untyped('organisations')))).to.include('must be an object')
    })
  }

  it('are refused within those of a preset', async () => {
    const anthropic = untyped({ source: { env: 'KEY' }, ...typo })
    const message = await messageOf(() => presets.codingAgent({ workspace: '.', anthropic }))
    expect(message).to.include('unknown name "organisations"')
  })

  it('are refused where a source is wanted and a text is given', async () => {
    const anthropic = untyped('ANTHROPIC_API_KEY')
    const message = await messageOf(() => presets.codingAgent({ workspace: '.', anthropic }))
    expect(message).to.include("{ env: 'NAME' }").and.not.include('ANTHROPIC_API_KEY')
  })

  it('are refused where no credential is named', async () => {
    for (const service of [services.anthropic, services.openai])
      expect(await messageOf(() => service(untyped({})))).to.include('`credential`')
  })

  it('are refused as kinds of registries, whose hosts nobody would look at', async () => {
    const registries = untyped({ npm: ['registry.acme.test'] })
    const message = await messageOf(() => auditPolicy({}, { registries }))
    expect(message).to.include('unknown kind "npm"; known are npm-registry')
  })
})
