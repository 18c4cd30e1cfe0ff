/** The numbers of PROTOCOL.md. `init/protocol.h` holds the same, under the same names; a test compares them. */
export const bound = {
  PROTOCOL_VERSION: 1,
  FRAME_HEADER_BYTES: 10,
  FRAME_PAYLOAD_MAX: 1_048_576,
  STREAMS_MAX: 4096,
  CREDIT_INITIAL: 262_144,
  CREDIT_GRANT_MAX: 16_777_216,
  DATA_MAX: 131_072,
  PATH_BYTES_MAX: 4095,
  FILE_DATA_MAX: 524_288,
} as const

/** Frame types; `FRAME_` in the header. */
export const frameType = {
  SETUP: 0x01,
  HELLO: 0x02,
  FAIL: 0x03,
  PING: 0x04,
  PONG: 0x05,
  LOG: 0x06,
  END: 0x07,
  FREEZE: 0x08,
  FROZEN: 0x09,
  THAW: 0x0a,
  SPAWN: 0x10,
  SPAWNED: 0x11,
  EXIT: 0x12,
  SIGNAL: 0x13,
  RESIZE: 0x14,
  GONE: 0x15,
  DATA: 0x20,
  EOF: 0x21,
  WINDOW: 0x22,
  RESET: 0x23,
  CALL: 0x30,
  REPLY: 0x31,
  CONNECT: 0x40,
  CONNECTED: 0x41,
} as const

/** Set-up operations; `OPERATION_` in the header. */
export const operation = {
  MOUNT: 1,
  HIDE: 2,
  READONLY: 3,
  IDENTITY: 4,
  RLIMIT: 5,
  SECCOMP: 6,
  PROCCHECK: 7,
  LOCK: 8,
  SCRATCH: 9,
  DOORS: 10,
} as const

/** File calls; `CALL_` in the header. */
export const call = {
  STAT: 1,
  LIST: 2,
  READ: 3,
  WRITE: 4,
  MKDIR: 5,
  UNLINK: 6,
  RENAME: 7,
  CHMOD: 8,
  READLINK: 9,
  SYMLINK: 10,
  TRUNCATE: 11,
  UTIMES: 12,
  REALPATH: 13,
} as const

/** Kinds of file; `KIND_` in the header. */
export const kind = {
  FILE: 0,
  DIRECTORY: 1,
  SYMLINK: 2,
  FIFO: 3,
  SOCKET: 4,
  DEVICE: 5,
} as const

/** The channels of a stream: 0 is stdin, or the only one; output of a process is on the other two. */
export const channel = { STDIN: 0, STDOUT: 1, STDERR: 2 } as const

/** Payload of the frames that init may send, in bytes: least and most. A type that is missing is refused. */
export const incomingPayload: ReadonlyMap<number, readonly [least: number, most: number]> = new Map(
  [
    [frameType.HELLO, [22, bound.FRAME_PAYLOAD_MAX]],
    [frameType.FAIL, [14, 65_536]],
    [frameType.PING, [8, 8]],
    [frameType.LOG, [5, 65_536]],
    [frameType.FROZEN, [8, 8]],
    [frameType.SPAWNED, [8, 4096]],
    [frameType.EXIT, [22, 22]],
    [frameType.GONE, [0, 0]],
    [frameType.DATA, [1, bound.DATA_MAX]],
    [frameType.EOF, [0, 0]],
    [frameType.WINDOW, [4, 4]],
    [frameType.RESET, [4, 4]],
    [frameType.REPLY, [4, bound.FRAME_PAYLOAD_MAX]],
    [frameType.CONNECTED, [4, 4]],
  ],
)
