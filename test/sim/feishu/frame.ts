/** The frame of the long connection: proto2 message `pbbp2.Frame`, written by hand so that the SDK's codec is checked by another one. */
export interface Frame {
  readonly seqId: bigint;
  readonly logId: bigint;
  readonly service: number;
  /** 0 control (ping, pong), 1 data (events and their acknowledgements). */
  readonly method: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: Buffer;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const scalar = (field: number, value: bigint): Buffer =>
  Buffer.concat([varint(BigInt(field << 3)), varint(value)]);
const chunk = (field: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);

export function encodeFrame(frame: Frame): Buffer {
  const parts = [
    scalar(1, frame.seqId),
    scalar(2, frame.logId),
    scalar(3, BigInt(frame.service)),
    scalar(4, BigInt(frame.method)),
  ];
  for (const [key, value] of Object.entries(frame.headers))
    parts.push(chunk(5, Buffer.concat([chunk(1, Buffer.from(key)), chunk(2, Buffer.from(value))])));
  if (frame.payload) parts.push(chunk(8, frame.payload));
  return Buffer.concat(parts);
}

interface Field {
  readonly field: number;
  readonly value: bigint;
  readonly bytes: Buffer;
}

function* fieldsOf(buffer: Buffer): Generator<Field> {
  let at = 0;
  const read = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at++];
      if (byte === undefined || shift > 63n) throw new Error('broken varint in frame');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < buffer.length) {
    const tag = Number(read());
    const field = tag >>> 3;
    if ((tag & 7) === 0) {
      yield { field, value: read(), bytes: Buffer.alloc(0) };
      continue;
    }
    if ((tag & 7) !== 2) throw new Error(`wire type ${tag & 7} does not occur in frames`);
    const length = Number(read());
    if (at + length > buffer.length) throw new Error('frame is cut short');
    yield { field, value: 0n, bytes: buffer.subarray(at, at + length) };
    at += length;
  }
}

export function decodeFrame(buffer: Buffer): Frame {
  const headers: Record<string, string> = {};
  const numbers = new Map<number, bigint>();
  let payload: Buffer | undefined;
  for (const { field, value, bytes } of fieldsOf(buffer)) {
    if (field === 5) {
      const pair = [...fieldsOf(bytes)];
      const key = pair.find((part) => part.field === 1)?.bytes.toString('utf8') ?? '';
      headers[key] = pair.find((part) => part.field === 2)?.bytes.toString('utf8') ?? '';
    } else if (field === 8) payload = bytes;
    else numbers.set(field, value);
  }
  for (const required of [1, 2, 3, 4])
    if (!numbers.has(required)) throw new Error(`required field ${required} is missing`);
  return {
    seqId: numbers.get(1) ?? 0n,
    logId: numbers.get(2) ?? 0n,
    service: Number(BigInt.asIntN(32, numbers.get(3) ?? 0n)),
    method: Number(numbers.get(4) ?? 0n),
    headers,
    payload,
  };
}
