/**
 * Where one encoder session ends and the next begins, the sound may be a few frames off though the picture fits. A
 * SourceBuffer takes that for a jump and drops the picture until the next key frame (Media Source Extensions,
 * coded frame processing), which may be seconds away. Told to forget where it was, it has nothing to compare with.
 *
 * @param {SourceBuffer} buffer each init section appended to it starts anew
 */
export function cleanJoints(buffer) {
  buffer.appendBuffer = (data) => {
    if (isInitSection(data)) {
      buffer.abort();
    }
    SourceBuffer.prototype.appendBuffer.call(buffer, data);
  };
}

function isInitSection(data) {
  const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, 8);
  return String.fromCharCode(...bytes.subarray(4)) === "ftyp";
}
