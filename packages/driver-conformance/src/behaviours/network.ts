import assert from 'node:assert/strict'
import type { Behaviour } from '../behaviour.ts'
import { perl, printed, refused, shell } from '../inside.ts'

const area = 'network'

/** Serves on a free port of 127.0.0.1 and connects to it from a child. */
const talkToItself = `
use Socket;
socket(L, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
bind(L, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!"; listen(L, 1) or die;
my ($p) = sockaddr_in(getsockname(L));
unless (fork) { socket(C, AF_INET, SOCK_STREAM, 0); connect(C, sockaddr_in($p, INADDR_LOOPBACK)) or die; syswrite(C, "hello"); exit }
accept(A, L) or die; sysread(A, my $got, 5); print $got;
`

/** Connects to address `$ARGV[0]`, port `$ARGV[1]`, and prints what it is told. */
const connectTcp = `
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
my $six = $ARGV[0] =~ /:/; my $f = $six ? AF_INET6 : AF_INET;
socket(S, $f, SOCK_STREAM, 0) or die "socket: $!";
my $a = inet_pton($f, $ARGV[0]);
alarm 5; connect(S, $six ? pack_sockaddr_in6($ARGV[1], $a) : sockaddr_in($ARGV[1], $a)) or die "connect: $!";
print scalar <S>;
`

const sendDatagram = `
use Socket; socket(S, AF_INET, SOCK_DGRAM, 0) or die;
send(S, "x", 0, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or exit 1; exit 0;
`

/** Answers one connection on port `$ARGV[0]` with a word. */
const serveOnce = `
use Socket; socket(L, AF_INET, SOCK_STREAM, 0); setsockopt(L, SOL_SOCKET, SO_REUSEADDR, 1);
bind(L, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die "bind: $!"; listen(L, 5);
$| = 1; print "ready\\n";
while (accept(A, L)) { sysread(A, my $x, 100); syswrite(A, "answer to $x"); close A }
`

/** Families whose sockets see more than one's own traffic: packet, netlink (writable), virtual machines, Bluetooth. */
const strangeFamilies: Readonly<Record<string, readonly number[]>> = {
  packet: [17, 3, 0],
  raw: [2, 3, 1],
  vsock: [40, 1, 0],
  bluetooth: [31, 3, 1],
  kernel_crypto: [38, 5, 0],
}

const closed: readonly Behaviour[] = [
  {
    id: 'network.own-loopback',
    area,
    tools: ['perl'],
    title: 'gives the inside a loopback of its own that works',
    async run(context) {
      const sandbox = await context.createSandbox({})
      assert.equal(printed(await perl(sandbox, talkToItself)), 'hello')
    },
  },
  {
    id: 'network.host-loopback',
    area,
    tools: ['perl'],
    title: 'cannot reach servers on the loopback of the host, nor on its other addresses',
    async run(context) {
      const sandbox = await context.createSandbox({})
      for (const address of ['127.0.0.1', ...context.hostListeners.ownAddresses()]) {
        const listener = await context.hostListeners.tcp(address)
        refused(
          await perl(sandbox, connectTcp, { args: [address, String(listener.port)] }),
          `reaching ${address}`,
        )
        assert.equal(listener.arrivals(), 0)
      }
    },
  },
  {
    id: 'network.host-datagrams',
    area,
    tools: ['perl'],
    title: 'sends no datagram to the host',
    async run(context) {
      const listener = await context.hostListeners.udp('127.0.0.1')
      const sandbox = await context.createSandbox({})
      await perl(sandbox, sendDatagram, { args: [String(listener.port)] })
      await shell(sandbox, 'sleep 0.1')
      assert.equal(listener.arrivals(), 0)
    },
  },
  {
    id: 'network.no-route',
    area,
    title: 'has no route and no interface but loopback',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const interfaces = printed(await shell(sandbox, 'cat /proc/net/dev'))
        .split('\n')
        .slice(2)
      assert.deepEqual(
        interfaces.map((line) => line.split(':')[0]?.trim()),
        ['lo'],
      )
      const routes = printed(await shell(sandbox, 'cat /proc/net/route'))
        .split('\n')
        .slice(1)
      assert.deepEqual(routes, [])
    },
  },
  {
    id: 'network.strange-sockets',
    area,
    tools: ['perl'],
    title: 'refuses sockets that see more than their own traffic',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const program = 'socket(S, $ARGV[0], $ARGV[1], $ARGV[2]) or exit 1'
      printed(await perl(sandbox, program, { args: ['2', '1', '0'] }))
      for (const [name, numbers] of Object.entries(strangeFamilies)) {
        refused(await perl(sandbox, program, { args: numbers.map(String) }), name)
      }
    },
  },
]

const ports: readonly Behaviour[] = [
  {
    id: 'network.ports-forward',
    area,
    requires: ['ports'],
    tools: ['perl'],
    title: 'forwards a port of the inside to the loopback of the host, and lists it',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const server = await sandbox.spawn(['perl', '-e', serveOnce, '8080'])
      await sandbox.ports.waitFor(8080)
      assert.deepEqual(await sandbox.ports.list(), [8080])
      const forwarded = await sandbox.ports.forward(8080)
      for (const word of ['one', 'two']) {
        assert.equal(await context.hostListeners.ask(forwarded.port, word), `answer to ${word}`)
      }
      await server.kill('SIGKILL')
      await server.wait()
    },
  },
]

/** Nothing but itself can be reached. */
export const networkBehaviours: readonly Behaviour[] = [...closed, ...ports]
