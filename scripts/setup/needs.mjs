// What the machine must have, as data: how it is recognised, which Debian package brings it, and why.

/**
 * @typedef {object} Need
 * @property {string} debian name of the Debian and Ubuntu package
 * @property {string} why one clause, read by whoever sees it installed
 * @property {string[]} [programs] every one must be on PATH
 * @property {string[]} [files] one of them must exist
 * @property {string[]} [clangFiles] clang must know where this file of its own is
 */

/** @type {readonly Need[]} */
export const always = [
  { debian: 'bubblewrap', programs: ['bwrap'], why: 'the Linux driver starts it' },
  { debian: 'git', programs: ['git'], why: 'the tests and the tour make real repositories' },
  { debian: 'python3', programs: ['python3'], why: 'tests make system calls inside with it' },
  { debian: 'curl', programs: ['curl'], why: 'examples and tests take the way out with it' },
  { debian: 'openssl', programs: ['openssl'], why: 'tests hold our certificates against it' },
  { debian: 'make', programs: ['make'], why: 'builds init, PID 1 of every sandbox' },
  { debian: 'gcc', programs: ['gcc'], why: 'compiles init' },
  {
    debian: 'musl-tools',
    programs: ['musl-gcc'],
    why: 'links init statically, so it needs no file of the host',
  },
  {
    debian: 'linux-libc-dev',
    files: ['/usr/include/linux/mount.h'],
    why: "the kernel's headers, which init includes",
  },
]

/** @type {readonly Need[]} */
export const forCi = [
  { debian: 'clang', programs: ['clang'], why: 'sanitizer and fuzz builds of init' },
  {
    debian: 'libclang-rt-dev',
    clangFiles: ['libclang_rt.fuzzer-x86_64.a', 'libclang_rt.fuzzer-aarch64.a'],
    why: 'the sanitizers and the fuzzer that clang links',
  },
  {
    debian: 'gcc-aarch64-linux-gnu',
    programs: ['aarch64-linux-gnu-gcc'],
    why: 'builds init for arm64',
  },
  {
    debian: 'libc6-dev-arm64-cross',
    files: ['/usr/aarch64-linux-gnu/lib/libc.a', '/usr/lib/aarch64-linux-gnu/libc.a'],
    why: 'what the arm64 build of init links',
  },
  { debian: 'python3-pip', files: ['/usr/bin/pip3'], why: 'a client of the way out, in the tests' },
  {
    debian: 'default-jdk-headless',
    files: ['/usr/bin/javac'],
    why: 'Java is a client of the way out, in the tests',
  },
  { debian: 'wget', programs: ['wget'], why: 'a client of the way out, in the tests' },
  { debian: 'qemu-user', programs: ['qemu-aarch64'], why: 'starts the arm64 build of init' },
]

/** @type {readonly Need[]} */
export const forBench = [
  { debian: 'socat', programs: ['socat'], why: 'the peer in the benchmark needs it' },
  { debian: 'ripgrep', programs: ['rg'], why: 'the peer in the benchmark needs it' },
  {
    debian: 'libssl-dev',
    files: ['/usr/include/openssl/ssl.h'],
    why: 'the load generator of the benchmark speaks TLS',
  },
  { debian: 'util-linux', programs: ['taskset'], why: 'gives each proxy a processor of its own' },
  {
    debian: 'squid-openssl',
    files: ['/usr/lib/squid/security_file_certgen'],
    why: 'a proxy to compare with, one that intercepts',
  },
  { debian: 'tinyproxy-bin', programs: ['tinyproxy'], why: 'a proxy to compare with' },
  { debian: 'mitmproxy', programs: ['mitmdump'], why: 'a proxy to compare with' },
]
