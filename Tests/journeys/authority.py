"""A certificate authority of one's own, as a company has it."""

from hub import run

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """Signs certificates; `certificate` is the file of its own."""

    def __init__(self, folder, name="Authority"):
        self.folder = folder
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        run(["openssl", "req", "-x509", *KEY, "-keyout", str(self.key), "-out", str(self.certificate), "-days", "2",
             "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:true"])

    def issue(self, host):
        """A certificate for a host and its key, as files."""
        pem, key, wish = (self.folder / f"{host}.{end}" for end in ("pem", "key", "csr"))
        extensions = self.folder / f"{host}.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\n")
        run(["openssl", "req", "-new", *KEY, "-keyout", str(key), "-out", str(wish), "-subj", f"/CN={host}"])
        run(["openssl", "x509", "-req", "-in", str(wish), "-CA", str(self.certificate), "-CAkey", str(self.key),
             "-CAcreateserial", "-days", "2", "-extfile", str(extensions), "-out", str(pem)])
        return pem, key
