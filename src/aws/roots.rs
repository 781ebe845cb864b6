//! The certificates of the authorities that sign AWS's certificates. Reading them is a large part of the start.

#[cfg(any(test, not(feature = "cli")))]
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

#[cfg(any(test, not(feature = "cli")))]
use aws_smithy_types::base64;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;

/// The store, which is read once.
pub(super) fn store() -> Arc<RootCertStore> {
    static STORE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut store = RootCertStore::empty();
        let (valid, _) = store.add_parsable_certificates(certificates());
        if valid == 0 {
            tracing::error!(
                "no root certificates were found, so no call to AWS can succeed; set SSL_CERT_FILE to a file of them"
            );
        }
        Arc::new(store)
    };
    Arc::clone(STORE.get_or_init(read))
}

/// Those of the platform, on a laptop: the keychain, the registry, or the files of a Linux distribution. Of Lambda's one file
/// otherwise.
#[cfg(feature = "cli")]
fn certificates() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate cannot be read: {error}");
    }
    found.certs
}

/// `SSL_CERT_FILE` is OpenSSL's variable.
#[cfg(not(feature = "cli"))]
fn certificates() -> Vec<CertificateDer<'static>> {
    of_file(std::env::var_os("SSL_CERT_FILE").map(PathBuf::from))
}

/// The files in which Linux distributions keep all certificates: Amazon Linux, Debian, SUSE, Alpine.
#[cfg(any(test, not(feature = "cli")))]
const FILES: [&str; 4] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates of the named file, or of the first of the usual ones that there is.
#[cfg(any(test, not(feature = "cli")))]
fn of_file(named: Option<PathBuf>) -> Vec<CertificateDer<'static>> {
    let usual = FILES.iter().map(PathBuf::from).find(|file| file.exists());
    let Some(file) = named.or(usual) else { return Vec::new() };
    match std::fs::read(&file) {
        Ok(text) => of_pem(&String::from_utf8_lossy(&text), &file),
        Err(error) => {
            tracing::error!(file = %file.display(), "{}: {error}", file.display());
            Vec::new()
        }
    }
}

/// The certificates of a text in the format of RFC 7468. One that cannot be read costs no other.
///
/// `rustls-pki-types` decodes base64 as if it were secret, in a time that does not depend on the content. That was half of the
/// start.
#[cfg(any(test, not(feature = "cli")))]
fn of_pem(text: &str, file: &Path) -> Vec<CertificateDer<'static>> {
    let mut certificates = Vec::new();
    let mut is_inside = false;
    let mut whole = String::new();
    for line in text.lines().map(str::trim_end) {
        match line {
            "-----BEGIN CERTIFICATE-----" => {
                is_inside = true;
                whole.clear();
            }
            "-----END CERTIFICATE-----" if is_inside => {
                is_inside = false;
                match base64::decode(&whole) {
                    Ok(certificate) => certificates.push(CertificateDer::from(certificate)),
                    Err(error) => tracing::error!(file = %file.display(), "{}: {error}", file.display()),
                }
            }
            line if is_inside => whole.push_str(line),
            _ => {}
        }
    }
    certificates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_one_file() {
        let usual = of_file(None);
        assert!(usual.len() > 50, "this machine has {}", usual.len());
        let mut store = RootCertStore::empty();
        assert_eq!(store.add_parsable_certificates(usual.clone()), (usual.len(), 0));
        assert!(of_file(Some("/nowhere".into())).is_empty(), "the named file and no other");
    }

    #[test]
    fn it_reads_what_other_readers_read() {
        use rustls_pki_types::pem::PemObject;

        let file = FILES.iter().find(|file| Path::new(file).exists()).expect("a store");
        let other: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect).expect("certificates");
        assert_eq!(of_file(None), other);
    }

    #[test]
    fn a_certificate_that_cannot_be_read_costs_no_other() {
        let entry = |base64: &str| {
            format!("# An authority\n-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        };
        let text = [entry("AQ\r\nID"), entry("?"), entry("BAUG"), "-----BEGIN CERTIFICATE-----\nA".to_owned()].concat();
        assert_eq!(
            of_pem(&text, Path::new("a file")),
            [[1, 2, 3], [4, 5, 6]].map(|bytes| CertificateDer::from(bytes.to_vec()))
        );
    }
}
