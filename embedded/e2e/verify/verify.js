// Verifies the credential on standard input as a stranger would: with what the issuer publishes and a
// library that knows nothing of KoKo. Prints what it found as JSON.
//
//   node verify.js ISSUER < credential.jwt
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { createRemoteJWKSet, jwtVerify } from "jose";

const issuer = process.argv[2];
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer));
const believe = async (token) => (await jwtVerify(token, keys, { issuer, typ: "vc+jwt" })).payload;

const credential = await believe((await text(process.stdin)).trim());
const entry = credential.credentialStatus;
const answer = await fetch(entry.statusListCredential);
if (!answer.ok) throw new Error(`${entry.statusListCredential}: ${answer.status}`);
const list = (await believe(await answer.text())).credentialSubject;
if (list.statusPurpose !== entry.statusPurpose || list.encodedList[0] !== "u") throw new Error("not the list that the credential names");
const bits = gunzipSync(Buffer.from(list.encodedList.slice(1), "base64url"));
const index = Number(entry.statusListIndex);

console.log(JSON.stringify({
  holder: credential.credentialSubject.identifier[0].identityHash,
  achievement: credential.credentialSubject.achievement.name,
  room: bits.length * 8,
  revoked: Boolean(bits[index >> 3] & (0x80 >> (index & 7))),
}));
