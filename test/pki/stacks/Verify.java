// Java's trust manager, for stacks.adapter.test.ts. Questions are the arguments, four words each: leaf, ca, purpose,
// host. The answers are lines: empty, or why not.

import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import sun.security.util.HostnameChecker;

public class Verify {
    static X509Certificate read(String path) throws Exception {
        try (InputStream file = new FileInputStream(path)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    static void ask(String leaf, String ca, String purpose, String host) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("ca", read(ca));
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
        X509Certificate[] chain = {read(leaf)};
        // The kind of key exchange says what the server's key has to be allowed to do: here, to sign.
        if (purpose.equals("client")) manager.checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
        else manager.checkServerTrusted(chain, "ECDHE_" + chain[0].getPublicKey().getAlgorithm().replace("EC", "ECDSA"));
        // What an SSLSocket calls; the way there without a connection is not public.
        if (!host.isEmpty()) HostnameChecker.getInstance(HostnameChecker.TYPE_TLS).match(host, chain[0]);
    }

    public static void main(String[] words) {
        for (int at = 0; at < words.length; at += 4) {
            String why = "";
            try {
                ask(words[at], words[at + 1], words[at + 2], words[at + 3]);
            } catch (Exception error) {
                why = error.toString();
                for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) why += ": " + cause;
            }
            System.out.println(why.replace('\n', ' '));
        }
    }
}
