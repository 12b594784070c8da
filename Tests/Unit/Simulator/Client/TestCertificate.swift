/// A certificate made for these tests alone, with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes
/// -days 36500 -subj "/CN=mles unit test"`; the key protects nothing.
enum TestCertificate {
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBiDCCAS+gAwIBAgIUWBpEqmXuBZk2Y1VQpariSlyQL9IwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwObWxlcyB1bml0IHRlc3QwIBcNMjYxMTIyMjAwNTM5WhgPMjEy
    NjEwMjkyMDA1MzlaMBkxFzAVBgNVBAMMDm1sZXMgdW5pdCB0ZXN0MFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEKwc7CTLxH0IAjTFMhmoLV4SpsgwXh02GgLSVO6tL
    HLOleqFvr3l1uNKz1gksxBmckXtMLztrWRbwX0qQLyxAIqNTMFEwHQYDVR0OBBYE
    FFpMOdNI+IyVNHiEr2hGCW+RoDbiMB8GA1UdIwQYMBaAFFpMOdNI+IyVNHiEr2hG
    CW+RoDbiMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgUhnhIXYH
    ZB3vLRZW1yMUIlsMJqsb/klUSDXroq5N8G8CIA+YqW5SgQjx9WGKGfrDrJuQH6Zm
    kd7pRIWX5lGhrzVY
    -----END CERTIFICATE-----
    """ + "\n"

  static let privateKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjowAUV+yUol4lr0j
    pyg7nKj6ejFJPdU+zo9QfagGlemhRANCAAQrBzsJMvEfQgCNMUyGagtXhKmyDBeH
    TYaAtJU7q0scs6V6oW+veXW40rPWCSzEGZyRe0wvO2tZFvBfSpAvLEAi
    -----END PRIVATE KEY-----
    """ + "\n"
}
