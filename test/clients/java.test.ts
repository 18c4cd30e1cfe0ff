import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs, withoutVariables } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import type { Site } from './packages/origin.ts'
import { held, heldIn, stolen } from './support/held.ts'

const api = 'https://api.good.test'
const other = 'https://other.good.test'
// `java Main.java` compiles, which only a JDK does.
const why = whyNot('javac', '-version')

/** Arguments: which of Java's two clients, URL, and for the older one a method other than GET, for the newer one a key. */
const source = `
import java.net.*;
import java.net.http.*;
import javax.net.ssl.HttpsURLConnection;

public class Main {
  public static void main(String[] args) throws Exception {
    URI uri = URI.create(args[1]);
    if (args[0].equals("HttpClient")) byHttpClient(uri, args); else byConnection(uri, args);
  }

  static void byHttpClient(URI uri, String[] args) throws Exception {
    HttpRequest.Builder builder = HttpRequest.newBuilder(uri);
    if (args.length > 2) builder.header("X-Api-Key", args[2]);
    HttpRequest request = builder.build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(response.version() + " " + response.statusCode() + " " + response.body());
    System.exit(response.statusCode() == 200 ? 0 : 1);
  }

  static void byConnection(URI uri, String[] args) throws Exception {
    HttpsURLConnection connection = (HttpsURLConnection) uri.toURL().openConnection();
    if (args.length > 2) {
      connection.setRequestMethod(args[2]);
      connection.setDoOutput(true);
      connection.getOutputStream().write("a secret".getBytes());
    }
    System.out.println(new String(connection.getInputStream().readAllBytes()));
  }
}
`

const page: Site = ({ target }) => ({ body: `page at ${target}` })

async function outside(): Promise<Guarded<typeof api | typeof other>> {
  const allow = [{ host: 'api.good.test', paths: ['/public/**'] }]
  const world = await guarded({ network: { allow }, sites: { [api]: page, [other]: page } })
  await world.sandbox.fs.writeFile('/tmp/Main.java', source)
  return world
}

const java = ['java', '/tmp/Main.java']

describe(`Java in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('is given no flag', async () => {
    await using world = await outside()
    const { stdout } = await world.run(['env'])
    expect(stdout).to.not.match(/^(JAVA|JDK|_JAVA)/m)
  })

  it('reads an allowed page with HttpClient, over HTTP/2', async () => {
    await using world = await outside()
    const result = await world.run([...java, 'HttpClient', `${api}/public/a`])
    expectDone(result)
    expect(result.stdout).to.equal('HTTP_2 200 page at /public/a\n')
    expect(world.origins[api].seen).to.deep.equal(['GET /public/a'])
  })

  it('reads it with HttpsURLConnection', async () => {
    await using world = await outside()
    const result = await world.run([...java, 'HttpsURLConnection', `${api}/public/a`])
    expectDone(result)
    expect(result.stdout).to.equal('page at /public/a\n')
    expect(world.origins[api].seen).to.deep.equal(['GET /public/a'])
  })

  it('reads it without any variable', async () => {
    await using world = await outside()
    expectDone(await world.run([...withoutVariables, ...java, 'HttpClient', `${api}/public/a`]))
    expect(world.origins[api].seen).to.deep.equal(['GET /public/a'])
  })

  it('is told which path it may not read', async () => {
    await using world = await outside()
    const byClient = await world.run([...java, 'HttpClient', `${api}/private`])
    expectRefused(byClient, 'GET api.good.test/private')
    expect(byClient.stdout).to.match(/^HTTP_2 403 .*use a path like \/public\/\*\*/)
    const byConnection = await world.run([...java, 'HttpsURLConnection', `${api}/private`])
    expectRefused(byConnection, 'GET api.good.test/private')
    expect(byConnection.stderr).to.include('HTTP response code: 403')
    expect(world.origins[api].connections).to.equal(0)
  })

  it('does not write', async () => {
    await using world = await outside()
    const result = await world.run([...java, 'HttpsURLConnection', `${api}/public/a`, 'POST'])
    expectRefused(result, 'POST api.good.test/public/a')
    expect(result.stderr).to.include('HTTP response code: 405')
    expect(world.origins[api].connections).to.equal(0)
  })

  it('does not find the name of another host', async () => {
    await using world = await outside()
    const byClient = await world.run([...java, 'HttpClient', `${other}/public/a`])
    expectRefused(byClient, 'other.good.test')
    expect(byClient.stderr).to.include('java.net.ConnectException')
    const byConnection = await world.run([...java, 'HttpsURLConnection', `${other}/public/a`])
    expectRefused(byConnection, 'other.good.test')
    expect(byConnection.stderr).to.include('java.net.UnknownHostException: other.good.test')
    expect(world.origins[other].connections).to.equal(0)
  })
})

describe(`Java with a key in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  async function inOurName(): Promise<Guarded<typeof api>> {
    const policy = { credentials: heldIn({ header: 'x-api-key' }) }
    const allow = [{ host: 'api.good.test', identity: 'key' }]
    const world = await guarded({ network: { allow }, sites: { [api]: page }, policy })
    await world.sandbox.fs.writeFile('/tmp/Main.java', source)
    return world
  }
  const line = `${java.join(' ')} HttpClient ${api}/public/a`

  it('sends its dummy, and the secret arrives', async () => {
    await using world = await inOurName()
    const result = await world.run(['sh', '-c', `${line} "$API_KEY"`])
    expectDone(result)
    expect(world.origins[api].requests[0]?.headers['x-api-key']).to.equal(held)
    await expectUnseen(world.sandbox, held, [result])
  })

  it('sends no other key', async () => {
    await using world = await inOurName()
    const result = await world.run(['sh', '-c', `${line} ${stolen}`])
    expectForeign(world, result, 'GET api.good.test/public/a')
    expect(result.stdout).to.match(/^HTTP_2 403 .*"code":"foreign_credential"/)
    expect(world.origins[api].requests).to.deep.equal([])
  })
})
