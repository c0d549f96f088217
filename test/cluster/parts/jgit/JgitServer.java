import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.PublickeyAuthenticator;
import org.apache.sshd.server.command.AbstractCommandSupport;
import org.apache.sshd.server.config.keys.AuthorizedKeysAuthenticator;
import org.eclipse.jetty.security.ConstraintMapping;
import org.eclipse.jetty.security.ConstraintSecurityHandler;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.security.authentication.BasicAuthenticator;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.security.Constraint;
import org.eclipse.jetty.util.security.Credential;
import org.eclipse.jgit.http.server.GitServlet;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.ReceiveCommand;
import org.eclipse.jgit.transport.ReceivePack;
import org.eclipse.jgit.transport.UploadPack;
import org.eclipse.jgit.transport.resolver.FileResolver;
import org.eclipse.jgit.transport.resolver.ServiceNotEnabledException;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.ProcessResult;

/**
 * JGit over the bare repositories of a directory, on loopback, as Gerrit, Gitblit and their like have it: by its servlet
 * for those who know a password, and behind Apache's SSH server for those who have a key.
 *
 * <p>Arguments: the directory of the repositories, one with the files below, and the ports of HTTP and of SSH.
 *
 * <ul>
 *   <li>{@code users}: a line of {@code NAME TAB PASSWORD TAB ROLE} for each; who has the role {@code write} may push
 *   <li>{@code host-key}: the private key that the SSH server shows
 *   <li>{@code writers}, {@code readers}: public keys, as in {@code authorized_keys}
 * </ul>
 */
public final class JgitServer {
  private static final String HOST = "127.0.0.1";
  private static final String WRITE = "write";
  private static final AttributeRepository.AttributeKey<Boolean> MAY_WRITE = new AttributeRepository.AttributeKey<>();

  public static void main(String[] arguments) throws Exception {
    File repositories = new File(arguments[0]);
    Path files = Path.of(arguments[1]);
    serveSsh(repositories, files, Integer.parseInt(arguments[3]));
    serveHttp(repositories, files, Integer.parseInt(arguments[2])).join();
  }

  private static Server serveHttp(File repositories, Path files, int port) throws Exception {
    GitServlet git = new GitServlet();
    git.setRepositoryResolver(new FileResolver<>(repositories, true));
    git.setReceivePackFactory(
        (request, repository) -> {
          if (!request.isUserInRole(WRITE)) {
            throw new ServiceNotEnabledException(request.getRemoteUser() + " may only fetch");
          }
          return receivePack(repository);
        });

    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(git), "/*");
    context.setSecurityHandler(basicAuthentication(files.resolve("users")));

    Server server = new Server(new InetSocketAddress(HOST, port));
    server.setHandler(context);
    server.start();
    return server;
  }

  private static void serveSsh(File repositories, Path files, int port) throws IOException {
    PublickeyAuthenticator writers = new AuthorizedKeysAuthenticator(files.resolve("writers"));
    PublickeyAuthenticator readers = new AuthorizedKeysAuthenticator(files.resolve("readers"));
    FileResolver<GitCommand> resolver = new FileResolver<>(repositories, true);

    SshServer server = SshServer.setUpDefaultServer();
    server.setHost(HOST);
    server.setPort(port);
    server.setKeyPairProvider(new FileKeyPairProvider(files.resolve("host-key")));
    server.setPublickeyAuthenticator(
        (user, key, session) -> {
          boolean mayWrite = writers.authenticate(user, key, session);
          session.setAttribute(MAY_WRITE, mayWrite);
          return mayWrite || readers.authenticate(user, key, session);
        });
    server.setCommandFactory((channel, command) -> new GitCommand(command, resolver));
    server.start();
  }

  /** {@code git-upload-pack '/hello.git'} or {@code git-receive-pack '/hello.git'}. */
  private static final class GitCommand extends AbstractCommandSupport {
    private static final int FAILED = 128;
    private final FileResolver<GitCommand> resolver;

    GitCommand(String command, FileResolver<GitCommand> resolver) {
      super(command, null);
      this.resolver = resolver;
    }

    @Override
    public void run() {
      String[] words = getCommand().split(" ", 2);
      String name = words[1].replaceAll("^'/?|'$", "");
      try (Repository repository = resolver.open(this, name)) {
        if (words[0].equals("git-upload-pack")) {
          new UploadPack(repository).upload(getInputStream(), getOutputStream(), getErrorStream());
        } else if (getServerSession().getAttribute(MAY_WRITE)) {
          receivePack(repository).receive(getInputStream(), getOutputStream(), getErrorStream());
        } else {
          throw new ServiceNotEnabledException("this key may only fetch");
        }
        onExit(0);
      } catch (Exception error) {
        fail(error.getMessage());
      }
    }

    private void fail(String reason) {
      try {
        getErrorStream().write(("fatal: " + reason + "\n").getBytes(StandardCharsets.UTF_8));
        getErrorStream().flush();
      } catch (IOException gone) {
        // Nobody is there to be told.
      }
      onExit(FAILED, reason);
    }
  }

  private static ConstraintSecurityHandler basicAuthentication(Path usersFile) throws Exception {
    UserStore users = new UserStore();
    for (String line : Files.readAllLines(usersFile)) {
      String[] fields = line.split("\t");
      users.addUser(fields[0], Credential.getCredential(fields[1]), new String[] {fields[2]});
    }
    HashLoginService login = new HashLoginService("git");
    login.setUserStore(users);

    ConstraintMapping everything = new ConstraintMapping();
    everything.setPathSpec("/*");
    everything.setConstraint(new Constraint(Constraint.__BASIC_AUTH, Constraint.ANY_AUTH));
    everything.getConstraint().setAuthenticate(true);

    BasicAuthenticator authenticator = new BasicAuthenticator();
    authenticator.setCharset(StandardCharsets.UTF_8);
    ConstraintSecurityHandler security = new ConstraintSecurityHandler();
    security.setLoginService(login);
    security.setAuthenticator(authenticator);
    security.addConstraintMapping(everything);
    return security;
  }

  private static ReceivePack receivePack(Repository repository) {
    ReceivePack pack = new ReceivePack(repository);
    pack.setPreReceiveHook(JgitServer::runHook);
    return pack;
  }

  /** JGit runs no hooks of a repository by itself; hosts that are built on it decide here. */
  private static void runHook(ReceivePack pack, Collection<ReceiveCommand> commands) {
    String moves =
        commands.stream()
            .map(move -> move.getOldId().name() + " " + move.getNewId().name() + " " + move.getRefName() + "\n")
            .collect(Collectors.joining());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ProcessResult result =
        FS.DETECTED.runHookIfPresent(pack.getRepository(), "pre-receive", new String[0], said, said, moves);
    if (result.isExecutedWithError()) {
      pack.sendMessage(said.toString(StandardCharsets.UTF_8).trim());
      commands.forEach(
          move -> move.setResult(ReceiveCommand.Result.REJECTED_OTHER_REASON, "pre-receive hook declined"));
    }
  }
}
