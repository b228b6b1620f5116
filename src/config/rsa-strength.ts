/** RSA keys shorter than this can be broken soon (RFC 7518, 3.3). In bits. */
const leastBits = 2048;

/** The primes whose remainders give a key of CVE-2017-15361 away; 2 tells nothing of an odd number. */
const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
].map(BigInt);
const generator = 65537n;

/**
 * Why nothing that an RSA key signs should be believed; `null` when nothing is known against it.
 *
 * @param modulus as in a JSON Web Key's `n`: base64url, no sign.
 */
export function weaknessOfRsa(modulus: string): string | null {
  const n = BigInt(`0x0${Buffer.from(modulus, 'base64url').toString('hex')}`);
  if (n.toString(2).length < leastBits) {
    return `shorter than ${leastBits} bits`;
  }
  return isOfWeakGenerator(n) ? 'of a generator whose keys can be broken (CVE-2017-15361)' : null;
}

/** The primes of such a key are powers of 65537 modulo many small primes, and so is their product. */
function isOfWeakGenerator(n: bigint): boolean {
  return primes.every((prime) => {
    const remainder = n % prime;
    let power = 1n;
    do {
      if (power === remainder) {
        return true;
      }
      power = (power * generator) % prime;
    } while (power !== 1n);
    return false;
  });
}
