/** A static program for Linux on x86-64 that exits with 0: the least that is one. */
export const idle: Buffer = (() => {
  const [headers, address] = [64 + 56, 0x400000n]
  // mov $60, %eax (exit); xor %edi, %edi; syscall
  const code = Buffer.from('b83c00000031ff0f05', 'hex')
  const bytes = Buffer.alloc(headers + code.length)
  Buffer.from('7f454c46020101', 'hex').copy(bytes)
  bytes.writeUInt16LE(2, 16) // an executable
  bytes.writeUInt16LE(62, 18) // for x86-64
  bytes.writeUInt32LE(1, 20)
  bytes.writeBigUInt64LE(address + BigInt(headers), 24) // where it starts
  bytes.writeBigUInt64LE(64n, 32) // where its program headers are
  bytes.writeUInt16LE(64, 52)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(1, 64) // loaded,
  bytes.writeUInt32LE(5, 68) // to be read and executed
  bytes.writeBigUInt64LE(address, 80)
  bytes.writeBigUInt64LE(address, 88)
  bytes.writeBigUInt64LE(BigInt(bytes.length), 96)
  bytes.writeBigUInt64LE(BigInt(bytes.length), 104)
  bytes.writeBigUInt64LE(0x1000n, 112)
  code.copy(bytes, headers)
  return bytes
})()
