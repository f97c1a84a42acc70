/// A certificate authority of one day's use, and the one server certificate it signs.
enum TestAuthority {
    /// Writes `ca.crt`, `server.crt` and `server.key` into the folder, with openssl.
    ///
    /// The certificate names `localhost` and no address: a client that looks at the peer's address would otherwise accept
    /// it under every name, and a test of a wrong name could not fail. The authority's key is thrown away.
    static func makeCertificates(in folder: String) async throws {
        _ = try await runScript(Self.script, [folder], during: "making the test certificates with openssl")
    }

    private static let script = #"""
        set -eu
        umask 077
        cd "$1"
        export OPENSSL_CONF="$1/openssl.cnf"
        cat >openssl.cnf <<'END'
        [req]
        distinguished_name = name
        prompt = no
        [name]
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [server]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:localhost
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        END
        new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        openssl req -x509 $new -days 30 -subj '/CN=Baton test authority' -extensions authority -keyout ca.key -out ca.crt
        openssl req $new -subj /CN=localhost -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -set_serial 2 -days 30 \
            -extfile openssl.cnf -extensions server -out server.crt
        rm -f ca.key server.csr openssl.cnf
        chmod 644 ca.crt
        """#
}
