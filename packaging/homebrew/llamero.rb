# Filled in by scripts/packaging.ts for each release.
class Llamero < Formula
  desc "@DESCRIPTION@"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@DOWNLOADS@/llamero-@VERSION@-darwin-arm64.tar.gz"
      sha256 "@SHA256:darwin-arm64.tar.gz@"
    end
    on_intel do
      url "@DOWNLOADS@/llamero-@VERSION@-darwin-x64.tar.gz"
      sha256 "@SHA256:darwin-x64.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@DOWNLOADS@/llamero-@VERSION@-linux-arm64.tar.gz"
      sha256 "@SHA256:linux-arm64.tar.gz@"
    end
    on_intel do
      url "@DOWNLOADS@/llamero-@VERSION@-linux-x64.tar.gz"
      sha256 "@SHA256:linux-x64.tar.gz@"
    end
  end

  def install
    bin.install "llamero"
    man1.install Dir["man/*.1"]
    {
      bash: bash_completion/"llamero",
      zsh:  zsh_completion/"_llamero",
      fish: fish_completion/"llamero.fish",
    }.each do |shell, file|
      file.write Utils.safe_popen_read(bin/"llamero", "completion", shell.to_s)
    end
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/llamero --version")
    ENV["LLAMERO_HOME"] = testpath/"llamero"
    assert_match '"models": []', shell_output("#{bin}/llamero list --json")
  end
end
